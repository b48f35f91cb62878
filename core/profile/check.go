package profile

import "fmt"

// Check says what makes p inconsistent: an index outside its table, or a
// stack that comes before its parent. Everything else here relies on it.
func (p *Profile) Check() error {
	for i, s := range p.Stacks {
		if s.Parent < NoStack || int(s.Parent) >= i {
			return fmt.Errorf("stack %d: parent %d is not before it", i, s.Parent)
		}
		if s.Frame < 0 || int(s.Frame) >= len(p.Frames) {
			return fmt.Errorf("stack %d: frame %d of %d", i, s.Frame, len(p.Frames))
		}
	}
	for i, s := range p.Samples {
		if err := p.checkSample(s); err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
	}
	return nil
}

func (p *Profile) checkSample(s Sample) error {
	switch {
	case s.Stack < NoStack || int(s.Stack) >= len(p.Stacks):
		return fmt.Errorf("stack %d of %d", s.Stack, len(p.Stacks))
	case s.Route < -1 || int(s.Route) >= len(p.Routes):
		return fmt.Errorf("route %d of %d", s.Route, len(p.Routes))
	case int(s.State) >= len(stateNames):
		return fmt.Errorf("state %d of %d", s.State, len(stateNames))
	}
	return nil
}
