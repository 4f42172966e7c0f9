// Package hintwire follows a Hintwire hub: it hands every matching event to a handler, at least once and in order.
//
// The calls themselves are the generated ones of package hintwirev1, over a connection of [Dial] or of your own.
// [Follow] is the loop that nobody should have to write: hints say when to fetch, a cursor says from where, and polling
// alone would do as well.
package hintwire
