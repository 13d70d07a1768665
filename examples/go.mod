module github.com/seed-df263610/identitymodel/examples

go 1.25.0

require (
	github.com/go-jose/go-jose/v4 v4.1.9
	github.com/luikyv/go-oidc v0.23.0
	github.com/mdp/qrterminal/v3 v3.2.1
	github.com/seed-df263610/identitymodel v0.0.0
	github.com/stretchr/testify v1.12.1
	github.com/tidwall/gjson v1.20.1
	golang.org/x/term v0.36.0
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.37.0 // indirect
	rsc.io/qr v0.2.0 // indirect
)

replace github.com/seed-df263610/identitymodel => ../
