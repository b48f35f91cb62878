package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style is a colour or weight of terminal text.
type Style string

const (
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Blue   Style = "34"
	Bold   Style = "1"
	Dim    Style = "2"
)

// Paint gives text a style where w shows styles: a terminal that is not
// "dumb", unless NO_COLOR is set; --color decides before both. The text must
// be clean already.
func (a *App) Paint(w io.Writer, s Style, text string) string {
	if !a.colors(w) {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// colors follows no-color.org: any value of NO_COLOR but the empty one
// switches colours off.
func (a *App) colors(w io.Writer) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && IsTerminal(w)
}

func (a *App) checkColor() error {
	switch a.color {
	case "auto", "always", "never":
		return nil
	}
	return usagef("pitwall help", "--color is auto, always or never, not %q", a.color)
}

// IsTerminal says whether v (a reader or writer) is a terminal.
func IsTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is the number of columns of the terminal w, 80 when unknown.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}
