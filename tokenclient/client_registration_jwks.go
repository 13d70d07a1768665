// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import "github.com/tidwall/gjson"

// problem returns what keeps a registration that has a JSON form from being
// sent, or nil.
func (r *ClientRegistration) problem() *registrationError {
	set := gjson.ParseBytes(r.JWKS)
	switch {
	case len(r.JWKS) > 0 && r.JWKSURI != "":
		return &registrationError{"jwks", "and jwks_uri exclude each other"}
	case hasPrivateKey(set):
		return &registrationError{"jwks", "holds a private or symmetric key, which must not leave the client"}
	case len(r.JWKS) > 0 && !isKeySet(set):
		return &registrationError{"jwks", "is not a JSON Web Key Set: its member keys is not an array of objects"}
	}
	return nil
}

// hasPrivateKey reports whether there is a member of a key that is not public (RFC
// 7518 section 6), wherever it is: a key may stand where the set should.
func hasPrivateKey(value gjson.Result) bool {
	if !value.IsObject() && !value.IsArray() {
		return false
	}
	found := false
	value.ForEach(func(name, member gjson.Result) bool {
		found = value.IsObject() && isPrivateParameter(name.Str) || hasPrivateKey(member)
		return !found
	})
	return found
}

// isPrivateParameter reports whether a parameter of a JSON Web Key is secret.
func isPrivateParameter(name string) bool {
	switch name {
	case "d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv":
		return true
	}
	return false
}

// isKeySet reports whether an object has the form of a JSON Web Key Set (RFC 7517
// section 5).
func isKeySet(set gjson.Result) bool {
	found, ok := false, true
	set.ForEach(func(name, keys gjson.Result) bool {
		if name.Str != "keys" {
			return true
		}
		found, ok = true, ok && keys.IsArray()
		keys.ForEach(func(_, key gjson.Result) bool {
			ok = ok && key.IsObject()
			return ok
		})
		return ok
	})
	return found && ok
}
