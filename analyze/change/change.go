// Package change finds the points of a series at which its level or spread
// changed: PELT where the noise is normal and the number of changes is judged
// by a penalty (warm-up), E-divisive where nothing is known of the noise and
// the share of false alarms is what counts (history over commits).
package change
