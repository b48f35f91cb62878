package cli

import (
	"os"

	"github.com/spf13/cobra"

	"pitwall/drive/supervise"
)

// superviseWord is what the supervisor process is started with.
const superviseWord = "__supervise"

// newSuperviseCmd is the hidden re-exec that is the parent of all that a lap
// starts.
func newSuperviseCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use: superviseWord, Hidden: true, Args: cobra.NoArgs,
		Short: "Be the parent of a lap's processes",
		RunE:  func(*cobra.Command, []string) error { return supervise.Child(app.Stdin, app.Stdout) },
	}
}

// supervisor is the command that becomes one.
func supervisor() ([]string, error) {
	self, err := os.Executable()
	return []string{self, superviseWord}, err
}
