package author

// HoldFor is Hold with a patience of the test's.
var HoldFor = hold
