package stat

import "math"

// Block is what one block of time (or one boot, or one request) adds to a
// ratio: a sum, and the weight that it is divided by. The seconds and the
// number of requests give a mean; the requests under a limit and all requests
// give a share.
type Block struct {
	Sum    float64
	Weight float64
}

// OverBlocks estimates sum over weight from blocks of time. Requests close in
// time share queues, GC runs and the machine's mood, so the block is the unit:
// the variance is that of the ratio estimator over clusters (Cochran, Sampling
// Techniques, 3rd ed., eq. 6.13), with t at one degree of freedom less than
// there are blocks (batch means; Law and Kelton, section 9.5.3). N is the
// number of blocks with any weight. No weight gives an unknown estimate, one
// block no interval.
func OverBlocks(blocks []Block, unit string, level float64) Estimate {
	r, se, n := ratioOfSums(blocks)
	switch {
	case n == 0:
		return None(math.NaN(), unit, level, 0, "ratio of nothing")
	case n == 1:
		return None(r, unit, level, 1, "one block of time")
	}
	h := studentT(level, float64(n-1)) * se
	return interval(r, r-h, r+h, unit, level, n, "ratio over blocks of time, t")
}

// ShareOverBlocks is OverBlocks for a share (0 <= Sum <= Weight): Wilson's
// interval at the effective number of trials that the spread between blocks
// leaves, with t in place of z (Kott and Carr 1997; Dean and Pagano 2015), so
// that it stays within 0 and 1. Trials is the number of independent things
// seen at most (requests): the effective number never exceeds it, and stands
// alone where the blocks show no spread, at a share of 0 or 1 for instance.
func ShareOverBlocks(blocks []Block, trials int, level float64) Estimate {
	p, se, n := ratioOfSums(blocks)
	switch {
	case n == 0 || trials <= 0:
		return None(math.NaN(), "1", level, 0, "share of nothing")
	case n == 1:
		return None(clampShare(p), "1", level, 1, "one block of time")
	}
	p = clampShare(p)
	effective := float64(trials)
	if se > 0 && p > 0 && p < 1 {
		effective = math.Min(effective, p*(1-p)/(se*se))
	}
	effective = math.Max(effective, 1)
	t := studentT(level, float64(n-1))
	return wilson(p, effective, t, level, n, "share over blocks of time, Wilson at the effective number")
}

// QuantileOverBlocks estimates the q-quantile of values that come in blocks
// of time. quantile is that of all values together (seconds at a share);
// every block's Sum is how many of its values are at or below quantile(q),
// its Weight how many it has. The interval of the share under the quantile is
// taken over the blocks on the logit scale, and read back through quantile
// (Woodruff 1952, JASA 47, 635; Francisco and Fuller 1991 for clusters). A
// block's own quantile is never used: with few requests it is biased.
func QuantileOverBlocks(q float64, quantile func(float64) float64, blocks []Block, unit string, level float64) Estimate {
	_, se, n := ratioOfSums(blocks)
	if n == 0 {
		return None(math.NaN(), unit, level, 0, "quantile of no values")
	}
	point := quantile(q)
	if n == 1 {
		return None(point, unit, level, 1, "one block of time")
	}
	var total float64
	for _, b := range blocks {
		total += b.Weight
	}
	se = math.Max(se, math.Sqrt(q*(1-q)/total)) // never surer than independent requests would be
	h := studentT(level, float64(n-1)) * se / (q * (1 - q))
	centre := math.Log(q / (1 - q))
	low, high := quantile(expit(centre-h)), quantile(expit(centre+h))
	return interval(point, low, high, unit, level, n, "quantile over blocks of time, Woodruff")
}

// ratioOfSums returns the ratio of the blocks' sums to their weights, its
// standard error over blocks, and the number of blocks that have weight.
func ratioOfSums(blocks []Block) (ratio, se float64, n int) {
	var sum, weight float64
	for _, b := range blocks {
		if b.Weight > 0 && finite(b.Sum) && finite(b.Weight) {
			sum, weight, n = sum+b.Sum, weight+b.Weight, n+1
		}
	}
	if n == 0 {
		return math.NaN(), 0, 0
	}
	ratio = sum / weight
	if n == 1 {
		return ratio, 0, 1
	}
	var ss float64
	for _, b := range blocks {
		if b.Weight > 0 && finite(b.Sum) && finite(b.Weight) {
			d := (b.Sum - ratio*b.Weight) / weight
			ss += d * d
		}
	}
	return ratio, math.Sqrt(ss * float64(n) / float64(n-1)), n
}

func clampShare(p float64) float64 { return math.Max(0, math.Min(1, p)) }

func expit(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
