package worker

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// What goes between the two processes is frames: a length, big-endian in four
// bytes, and so many bytes.

// maxReport is how long a frame of a child may be: its longest text is a
// statement, which the walls bound to 256 KiB, and JSON may write six bytes for one.
const maxReport = 8 << 20

// A frameError is a frame that cannot be meant.
type frameError struct{ reason string }

func (e *frameError) Error() string { return e.reason }

// writeFrame writes a frame with one call, so that frames of several goroutines
// that take turns are whole.
func writeFrame(w io.Writer, body []byte) error {
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	_, err := w.Write(append(frame, body...))
	return err
}

// readFrame reads a frame of at most limit bytes. Where nothing is left to read
// it returns io.EOF.
func readFrame(r io.Reader, limit uint32) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(header[:])
	if length > limit {
		return nil, &frameError{fmt.Sprintf("it announces %d bytes, beginning with %q: a report has at most %d", length, header, limit)}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

// writeDocument writes a frame that holds a value as JSON.
func writeDocument(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(w, b)
}

// readDocument reads a frame into a value.
func readDocument(r io.Reader, limit uint32, v any) error {
	b, err := readFrame(r, limit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &frameError{err.Error()}
	}
	return nil
}
