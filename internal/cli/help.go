package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// help prints the help of a command: what it is, examples, and only then
// how it is called in general.
func (a *App) help(c *cobra.Command, _ []string) {
	var b strings.Builder
	title := c.CommandPath()
	if c.Short != "" {
		title += ": " + lowerFirst(c.Short)
	}
	fmt.Fprintln(&b, title)
	section(&b, "Examples", c.Example)
	if c.Long != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.Long))
	}
	if !c.HasParent() {
		writeCommands(&b, c)
		section(&b, "Flags", c.LocalFlags().FlagUsages())
		fmt.Fprintln(&b, "\nExit codes: 0 fine, 1 something got worse, 2 wrong usage, 3 could not measure,\n4 undecided or ended early, 5 a defect in Pitwall.")
		fmt.Fprintln(&b, "\npitwall help COMMAND says more about one command.")
	} else {
		section(&b, "Usage", "  "+c.UseLine())
		writeSubcommands(&b, c)
		section(&b, "Flags", c.LocalFlags().FlagUsages())
	}
	fmt.Fprint(c.OutOrStdout(), b.String())
}

func section(b *strings.Builder, title, body string) {
	body = strings.Trim(body, "\n")
	if body != "" {
		fmt.Fprintf(b, "\n%s:\n%s\n", title, body)
	}
}

// writeCommands lists the root's commands by stage.
func writeCommands(b *strings.Builder, root *cobra.Command) {
	for _, g := range root.Groups() {
		var lines []string
		for _, c := range root.Commands() {
			if c.GroupID == g.ID && (c.IsAvailableCommand() || c.Name() == "help") {
				lines = append(lines, fmt.Sprintf("  %-12s %s", c.Name(), lowerFirst(c.Short)))
			}
		}
		section(b, g.Title, strings.Join(lines, "\n"))
	}
}

func writeSubcommands(b *strings.Builder, c *cobra.Command) {
	var lines []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			lines = append(lines, fmt.Sprintf("  %-12s %s", sub.Name(), lowerFirst(sub.Short)))
		}
	}
	section(b, "Commands", strings.Join(lines, "\n"))
}

// lowerFirst makes a sentence the rest of a line; names such as HTML stay.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:min(1, len(s))]) + s[min(1, len(s)):]
}
