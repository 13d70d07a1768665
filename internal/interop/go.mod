module github.com/seed-df263610/identitymodel/internal/interop

go 1.25.0

require (
	github.com/chromedp/chromedp v0.23.0
	github.com/go-jose/go-jose/v4 v4.1.9
	github.com/luikyv/go-oidc v0.23.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/chromedp/cdproto v0.159.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/tidwall/gjson v1.20.1 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
)

require (
	github.com/seed-df263610/identitymodel v0.0.0
	github.com/seed-df263610/identitymodel/examples v0.0.0
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace (
	github.com/seed-df263610/identitymodel => ../../
	github.com/seed-df263610/identitymodel/examples => ../../examples
)
