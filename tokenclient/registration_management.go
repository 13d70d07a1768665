// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Dynamic Client Registration Management (RFC 7592).

package tokenclient

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// ClientManagementRequest reads or deletes the registration of a client.
// [ClientRegistrationResponse.ManagementRequest] makes one.
type ClientManagementRequest struct {
	confidential

	// RegistrationClientURI is where the client manages its registration. It must
	// be like the addresses in [Endpoints], may be on another host than they are,
	// and gets the token. Required.
	RegistrationClientURI string
	// RegistrationAccessToken came with the registration, or replaced the one that
	// did. It is sent as a Bearer token. Required.
	RegistrationAccessToken string
}

// ClientUpdateRequest replaces the registration of a client.
// [ClientRegistrationResponse.UpdateRequest] makes one that changes nothing yet.
type ClientUpdateRequest struct {
	confidential

	// RegistrationClientURI is as in [ClientManagementRequest]. Required.
	RegistrationClientURI string
	// RegistrationAccessToken is as in [ClientManagementRequest]. Required.
	RegistrationAccessToken string
	// ClientID is the identifier of the client, which cannot be changed. Required.
	ClientID string
	// ClientSecret is the secret that the client has now; a client cannot choose
	// another. Optional.
	ClientSecret string
	// Registration is all that the client asks to be registered with. A field that
	// is left out asks the server to forget its value.
	Registration ClientRegistration

	unread []string // members that are registered, but could not be read
}

// ClientDeletionResponse says whether a client was deleted (RFC 7592 section
// 2.3).
type ClientDeletionResponse struct {
	Response
}

// ManagementRequest returns the request for [Client.ReadClient] and
// [Client.DeleteClient].
func (d *ClientRegistrationResponse) ManagementRequest() ClientManagementRequest {
	return ClientManagementRequest{
		RegistrationClientURI: d.RegistrationClientURI, RegistrationAccessToken: d.RegistrationAccessToken,
	}
}

// UpdateRequest returns the request for [Client.UpdateClient], with what is
// registered now: change its Registration. It shares lists with the response. A
// registered value that has no place in its field, because it has another type,
// would be forgotten: until the field is set, UpdateClient refuses the request.
func (d *ClientRegistrationResponse) UpdateRequest() ClientUpdateRequest {
	return ClientUpdateRequest{
		RegistrationClientURI: d.RegistrationClientURI, RegistrationAccessToken: d.RegistrationAccessToken,
		ClientID: d.ClientID, ClientSecret: d.ClientSecret, Registration: d.Registration, unread: d.unread,
	}
}

// ReadClient returns the registration of a client as it is now (RFC 7592 section
// 2.1). The server may replace the registration access token, even now: use and
// store the one in the response. The request may be sent again; see [Retry].
// Success is status 200; the body is refused as in [Client.RegisterClient]. For
// the results see [Client.RequestToken].
func (c *Client) ReadClient(ctx context.Context, request ClientManagementRequest) (*ClientRegistrationResponse, error) {
	f, k := c.managementCall(request, "client read request", http.MethodGet)
	k.class = httpcall.Repeatable
	k.perhaps = "the registration access token may be replaced"
	d, failed := newClientRegistrationResponse(c.exchange(ctx, f, k), "")
	d.keep(request)
	return d, failed
}

// UpdateClient replaces the registration of a client (RFC 7592 section 2.2):
// what the request leaves out, the server forgets. The server may issue another
// secret and another registration access token: use and store those in the
// response. For the results see [Client.RequestToken].
//
// Because of what it may issue, an update is sent again only when provably
// nothing was sent, see [Retry]. When the Outcome is Unknown, ReadClient tells
// what is registered; if that is refused, the token was replaced, and the new one
// is lost.
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	RegistrationClientURI    missing; an address that Endpoints may not have
//	RegistrationAccessToken  missing; a space, a control character or what is not ASCII
//	client_id                missing
//	the member's name        registered with a value of another type, and its field is not set
//
// or as in [Client.RegisterClient], and these answers are errors of
// [KindMalformed]:
//
//	a success other than status 200
//	a client_id that is not the one of the request
//	a body that RegisterClient refuses
func (c *Client) UpdateClient(ctx context.Context, request ClientUpdateRequest) (*ClientRegistrationResponse, error) {
	management := ClientManagementRequest{
		RegistrationClientURI: request.RegistrationClientURI, RegistrationAccessToken: request.RegistrationAccessToken,
	}
	f, k := c.managementCall(management, "client update request", http.MethodPut)
	if strings.TrimSpace(request.ClientID) == "" {
		f.refuse("client_id", "is required")
	}
	f.refuseForgetting(&request.Registration, request.unread)
	k.body = f.encodeRegistration(request.Registration,
		registrationMember{"client_id", &request.ClientID}, registrationMember{"client_secret", &request.ClientSecret})
	k.class, k.contentType = httpcall.SingleUse, mediaTypeJSON
	k.perhaps = "the registration may be changed"
	d, failed := newClientRegistrationResponse(c.exchange(ctx, f, k), request.ClientID)
	d.keep(management)
	return d, failed
}

// refuseForgetting refuses to delete, by leaving them out, members that have a value
// which could not be read.
func (f *form) refuseForgetting(r *ClientRegistration, unread []string) {
	for _, member := range r.members() {
		if value, problem := encodeField(member.field); value == nil && problem == "" && slices.Contains(unread, member.name) {
			f.refuse(member.name, "is registered with a value of another type, which this update would delete: "+
				"set its field, or make a ClientUpdateRequest without it")
		}
	}
}

// DeleteClient deletes the registration of a client, and with it the client (RFC
// 7592 section 2.3). The request may be sent again, see [Retry]; if the first
// one got through and its answer did not, the second is refused with status 401,
// as a client that there is not. Success is status 204. For the results see
// [Client.RequestToken].
func (c *Client) DeleteClient(ctx context.Context, request ClientManagementRequest) (*ClientDeletionResponse, error) {
	f, k := c.managementCall(request, "client deletion request", http.MethodDelete)
	k.class, k.success, k.perhaps = httpcall.Repeatable, http.StatusNoContent, "the client may be deleted"
	d := &ClientDeletionResponse{c.exchange(ctx, f, k)}
	return d, d.Err()
}

// managementCall returns a call to the address in the request, with the mistakes
// in it. The address came from a server, so it is checked like one that was
// configured.
func (c *Client) managementCall(r ClientManagementRequest, operation, method string) (*form, *call) {
	f, target := newForm(operation), newEndpoint("", r.RegistrationClientURI)
	switch {
	case target.url == nil:
		f.refuse("RegistrationClientURI", cmp.Or(target.problem, "is required"))
	case r.RegistrationAccessToken == "":
		f.refuse("RegistrationAccessToken", "is required")
	case !fitsHeader(r.RegistrationAccessToken):
		f.refuse("RegistrationAccessToken", "has characters that no token can have")
	}
	return f, &call{
		endpoint: target, method: method,
		limits: c.settings().retry.limits(), auth: bearer(r.RegistrationAccessToken),
		caller: c.settings().withoutCertificate, // the server chose the host; the token is the credential
	}
}

// keep takes over what the server did not replace.
func (d *ClientRegistrationResponse) keep(request ClientManagementRequest) {
	if !d.IsError() {
		d.RegistrationAccessToken = cmp.Or(d.RegistrationAccessToken, request.RegistrationAccessToken)
		d.RegistrationClientURI = cmp.Or(d.RegistrationClientURI, request.RegistrationClientURI)
	}
}
