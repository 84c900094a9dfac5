package optimize

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSchedule(t *testing.T) {
	for _, test := range []struct {
		name string
		s    Schedule
		want []float64
	}{
		{"all three", Schedule{Steps: 8, WarmUp: 2, Decay: 4, Final: 0.2}, []float64{0.5, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2}},
		{"constant", Schedule{Steps: 2}, []float64{1, 1, 1}},
		{"no plateau", Schedule{Steps: 4, WarmUp: 2, Decay: 2}, []float64{0.5, 1, 0.5, 0, 0}},
		{"falls from the start", Schedule{Steps: 2, Decay: 2, Final: 0.5}, []float64{0.75, 0.5, 0.5}},
		{"rises to the end", Schedule{Steps: 2, WarmUp: 2}, []float64{0.5, 1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, test.s.Check())
			for step, want := range test.want {
				require.InDelta(t, want, test.s.Share(step), 1e-12, "step %d", step)
			}
		})
	}
}

func TestScheduleNamesWhatIsWrong(t *testing.T) {
	for want, s := range map[string]Schedule{
		"steps is 0: a run has at least one":                              {},
		"warm_up is -1 steps and decay 0: neither may be negative":        {Steps: 1, WarmUp: -1},
		"warm_up and decay are 3 and 2 steps, more than the 4 of the run": {Steps: 4, WarmUp: 3, Decay: 2},
		"final is 2: it must be from 0 to 1":                              {Steps: 4, Decay: 2, Final: 2},
	} {
		require.EqualError(t, s.Check(), want)
	}
}
