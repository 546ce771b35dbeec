package schema

type IrreversibleError struct{ Index int; Kind, Reason string }
func (e *IrreversibleError) Error() string { return e.Reason }
func ReverseEach(q []Request) ([][]Request, error) { return nil, &IrreversibleError{} }
