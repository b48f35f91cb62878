// Package real holds the scenarios that cross capabilities: real programs,
// real servers, the examples as a user starts them. Its tests get their tools
// from internal/realtest alone.
package real
