package optimize

import "fmt"

// A Schedule is how the rate of a run changes: it rises on a line, stays, and falls on a line.
type Schedule struct {
	Steps  int     // of the run
	WarmUp int     // the first steps, over which the rate rises
	Decay  int     // the last steps, over which it falls
	Final  float64 // the share of the rate that the last step has, if the rate falls
}

// Check reports a setting that is no schedule. The error begins with its name, as in snake case.
func (s Schedule) Check() error {
	switch {
	case s.Steps < 1:
		return fmt.Errorf("steps is %d: a run has at least one", s.Steps)
	case s.WarmUp < 0 || s.Decay < 0:
		return fmt.Errorf("warm_up is %d steps and decay %d: neither may be negative", s.WarmUp, s.Decay)
	case s.WarmUp > s.Steps-s.Decay:
		return fmt.Errorf("warm_up and decay are %d and %d steps, more than the %d of the run", s.WarmUp, s.Decay, s.Steps)
	case !(s.Final >= 0 && s.Final <= 1):
		return fmt.Errorf("final is %g: it must be from 0 to 1", s.Final)
	}
	return nil
}

// Share is the share of the rate that a step has, counted from 0. It depends on nothing else.
func (s Schedule) Share(step int) float64 {
	left := max(s.Steps-1-step, 0)
	switch {
	case step < s.WarmUp:
		return float64(step+1) / float64(s.WarmUp)
	case left >= s.Decay:
		return 1
	default:
		return s.Final + (1-s.Final)*float64(left)/float64(s.Decay)
	}
}
