// Package webtest tests the built pages in a real browser. It is a module of
// its own so that the browser's driver never becomes a dependency of Pitwall.
package webtest
