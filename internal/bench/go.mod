module github.com/seed-df263610/identitymodel/internal/bench

go 1.26.0

require github.com/seed-df263610/identitymodel v0.0.0

require github.com/go-jose/go-jose/v4 v4.1.9 // indirect

require (
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/tidwall/gjson v1.20.1 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
	golang.org/x/oauth2 v0.38.0
)

replace github.com/seed-df263610/identitymodel => ../../
