package spec

import (
	"errors"
	"fmt"
	"strings"
)

// Words splits a command into words as a POSIX shell does (XCU 2.2: quotes
// and backslashes), without a shell: nothing is substituted. What only a
// shell could do (pipes, redirections, "$x", "a=b command") is an error that
// says how to write it instead.
func Words(command string) ([]string, error) {
	s := splitter{text: command, words: []string{}}
	for s.i < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	s.end()
	if len(s.words) == 0 {
		return nil, errors.New("the command is empty")
	}
	if name, _, found := strings.Cut(s.words[0], "="); found && isName(name) {
		return nil, fmt.Errorf("%q is not a command: put %s under \"env\"", s.words[0], name)
	}
	return s.words, nil
}

type splitter struct {
	text  string
	i     int
	words []string
	word  strings.Builder
	open  bool // inside a word, which may be empty ('')
}

func (s *splitter) step() error {
	c := s.text[s.i]
	s.i++
	switch {
	case strings.IndexByte(" \t\r\n", c) >= 0:
		s.end()
		return nil
	case c == '\'':
		return s.single()
	case c == '"':
		return s.double()
	case c == '\\':
		return s.escaped()
	case strings.IndexByte("|&;<>()`$", c) >= 0:
		return needsShell(c)
	}
	s.add(c)
	return nil
}

func (s *splitter) end() {
	if s.open {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.open = false
}

func (s *splitter) add(c byte) {
	s.word.WriteByte(c)
	s.open = true
}

// escaped is a backslash outside quotes: the next character as it is; a line
// end is joined.
func (s *splitter) escaped() error {
	if s.i == len(s.text) {
		return errors.New("a backslash ends the command")
	}
	if s.text[s.i] != '\n' {
		s.add(s.text[s.i])
	}
	s.i++
	return nil
}

func (s *splitter) single() error {
	n := strings.IndexByte(s.text[s.i:], '\'')
	if n < 0 {
		return errors.New("a ' is not closed")
	}
	s.word.WriteString(s.text[s.i : s.i+n])
	s.open = true
	s.i += n + 1
	return nil
}

func (s *splitter) double() error {
	s.open = true
	for s.i < len(s.text) {
		c := s.text[s.i]
		s.i++
		switch {
		case c == '"':
			return nil
		case c == '$' || c == '`':
			return needsShell(c)
		case c == '\\' && s.i < len(s.text) && strings.IndexByte("$`\"\\\n", s.text[s.i]) >= 0:
			if s.text[s.i] != '\n' {
				s.add(s.text[s.i])
			}
			s.i++
		default:
			s.add(c)
		}
	}
	return errors.New(`a " is not closed`)
}

func needsShell(c byte) error {
	return fmt.Errorf("%q needs a shell, and none runs the command: quote it with '...', or write sh -c '...'", string(c))
}

// isName says whether s could name an environment variable.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
