// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command discovery prints what an authorization server offers, and what the
// policy thinks of it: whether a program may trust the document, and if not,
// which rules it breaks and which relaxation would accept it.
//
//	go run -C examples ./discovery
//	go run -C examples ./discovery -h
//	go run -C examples ./discovery https://accounts.google.com
//	go run -C examples ./discovery -additional-base https://oauth2.googleapis.com https://accounts.google.com
//	go run -C examples ./discovery -resource https://api.example
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	options, resource, err := flags()
	address := flag.Arg(0)
	switch {
	case err != nil:
		return err
	case flag.NArg() > 1:
		return fmt.Errorf("unexpected argument %q; flags come before the address, and -h shows them", flag.Arg(1))
	case resource && address == "":
		return errors.New("-resource needs the address of an API")
	case resource:
		return reportResource(ctx, address, options)
	case address == "":
		server, err := authserver.Start(ctx, authserver.Options{})
		if err != nil {
			return err
		}
		defer server.Close()
		address = server.Issuer()
	}

	metadata, err := discovery.Fetch(ctx, address, options)
	var refused *discovery.Error
	if errors.As(err, &refused) && len(refused.Violations) > 0 {
		return reportRefused(ctx, address, options, refused)
	}
	if err != nil {
		return err // no document, or none that can be read; demo.Explain says why
	}
	printMetadata(os.Stdout, metadata)
	printKeys(ctx, os.Stdout, metadata.Keys())
	fmt.Printf("%s: ok\n", policyName(options.Policy))
	return nil
}

// reportRefused prints a document that the policy refuses, and why. To print it,
// it is fetched once more without the rules that it breaks: nothing but the
// report is done with it, and keys are not fetched.
func reportRefused(ctx context.Context, address string, options discovery.Options, refused *discovery.Error) error {
	name, lenient := policyName(options.Policy), options
	lenient.Policy.AllowAnyIssuer, lenient.Policy.AllowAnyBaseAddress, lenient.Policy.AllowNoKeySet = true, true, true
	lenient.Policy.Exclude = append(members(refused), options.Policy.Exclude...)
	if metadata, err := discovery.Fetch(ctx, address, lenient); err == nil {
		printMetadata(os.Stdout, metadata)
	}
	printViolations(os.Stdout, address, name, refused.Violations)
	return fmt.Errorf("the policy refuses the document: %d of its members break a rule", len(refused.Violations))
}

// reportResource prints what an API says about itself (RFC 9728).
func reportResource(ctx context.Context, address string, options discovery.Options) error {
	metadata, err := discovery.FetchResource(ctx, address, options)
	if err != nil {
		return err
	}
	printResource(os.Stdout, metadata)
	return nil
}
