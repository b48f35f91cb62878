package real

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// answer is a row of the first table of examples/shop/ANSWERS.md.
type answer struct {
	route, cause, from, table, method, fix string
	statements, objects                    int // -1: nothing is said
}

func readAnswers(path string) ([]answer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var answers []answer
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 10 || strings.HasPrefix(line, "|-") || strings.HasPrefix(line, "| route") {
			continue
		}
		a, err := answerOf(cells)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, line, err)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func answerOf(cells []string) (a answer, err error) {
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
		if cells[i] == "-" {
			cells[i] = ""
		}
	}
	a = answer{route: cells[0], cause: cells[2], from: cells[4], table: cells[5], method: cells[6], fix: cells[8]}
	if a.statements, err = count(cells[3]); err != nil {
		return a, err
	}
	a.objects, err = count(cells[7])
	return a, err
}

func count(cell string) (int, error) {
	if cell == "" {
		return -1, nil
	}
	return strconv.Atoi(cell)
}
