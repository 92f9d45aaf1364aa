// Strict reads dashboards with Grafana's own library, which refuses unknown fields, missing fields
// and values of a wrong type. It prints every fault and then ends with code 1.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	code := 0
	for _, path := range os.Args[1:] {
		raw, err := os.ReadFile(path)
		if err == nil {
			err = new(dashboard.Dashboard).UnmarshalJSONStrict(raw)
		}
		// Version 0.0.22 returns an error without faults where all is well.
		if err != nil && err.Error() != "" {
			fmt.Printf("%s: %s\n", path, err)
			code = 1
		}
	}
	os.Exit(code)
}
