// Command sample writes web/ui/sample/lap.json: the made-up lap of a shop that
// the pages are drawn and tested with. It is built from the real types, so
// that the pages are tested against the JSON that Pitwall writes. One method
// and one URL are hostile.
//
//	go run -C webtest ./sample > web/ui/sample/lap.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
)

// hostile must be shown as text, and never run.
const hostile = `</script><img src=x onerror=alert(1)>`

func main() {
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(lapOf(rand.New(rand.NewPCG(2, 20261123)))); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(5)
	}
}
