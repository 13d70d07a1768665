// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/mdp/qrterminal/v3"
	"golang.org/x/term"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// OpenBrowser tries to open an address in the user's browser. That it cannot is
// not an error: the address was printed.
func OpenBrowser(ctx context.Context, address string) {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	// The browser outlives the program.
	command := exec.CommandContext(context.WithoutCancel(ctx), name, args...) //nolint:gosec // no shell; the address is one argument
	if command.Start() == nil {
		go func() { _ = command.Wait() }() // only so that no zombie stays
	}
}

// PrintQRCode prints an address as a QR code, for a phone's camera.
func PrintQRCode(w io.Writer, address string) {
	qrterminal.GenerateWithConfig(address, qrterminal.Config{
		Level: qrterminal.L, Writer: w, QuietZone: 2, HalfBlocks: true,
		BlackChar: qrterminal.BLACK_BLACK, WhiteChar: qrterminal.WHITE_WHITE,
		BlackWhiteChar: qrterminal.BLACK_WHITE, WhiteBlackChar: qrterminal.WHITE_BLACK,
	})
}

// Progress is one line that changes.
type Progress struct {
	w       io.Writer
	inPlace bool
}

// NewProgress returns a line on f: rewritten in place on a terminal, and one
// line after the other in a file or a pipe.
func NewProgress(f *os.File) *Progress {
	return &Progress{w: f, inPlace: term.IsTerminal(int(f.Fd()))}
}

// Show replaces the line.
func (p *Progress) Show(text string) {
	text = Printable(text)
	if p.inPlace {
		fmt.Fprint(p.w, "\r\x1b[K"+text)
		return
	}
	fmt.Fprintln(p.w, text)
}

// Pending returns what shows how polling for a token goes on.
func (p *Progress) Pending(what string) func(tokenclient.PendingPoll) {
	polls := 0
	return func(poll tokenclient.PendingPoll) {
		polls++
		switch {
		case poll.Err != nil: // polling goes on all the same
			p.Show(fmt.Sprintf("No answer to poll %d; the next one is in %s.", polls, poll.Wait.Round(time.Second)))
		case poll.Expiry.IsZero():
			p.Show(fmt.Sprintf("%s: poll %d.", what, polls))
		default:
			p.Show(fmt.Sprintf("%s: poll %d, %s left.", what, polls, time.Until(poll.Expiry).Round(time.Second)))
		}
	}
}

// End goes on below the line.
func (p *Progress) End() {
	if p.inPlace {
		fmt.Fprintln(p.w)
	}
}
