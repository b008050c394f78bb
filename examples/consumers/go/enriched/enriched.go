// Package enriched reads enriched events: a line of TSV becomes a typed Event. The standard library is all it needs.
package enriched

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entity is a self-describing JSON: the key of its schema, and the data.
type Entity struct {
	Schema string          `json:"schema"`
	Data   json.RawMessage `json:"data"`
}

// Decimal is a number with all its digits.
type Decimal string

// Rat is its exact value.
func (d Decimal) Rat() *big.Rat {
	value, _ := new(big.Rat).SetString(string(d))
	return value
}

// Timestamp is a time in UTC, with milliseconds.
type Timestamp struct{ time.Time }

const layout = "2006-01-02 15:04:05.000"

// MarshalJSON writes all three digits of the milliseconds.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// Parse gives the event of one line, without its line break; an error names the column that is wrong.
func Parse(line string) (*Event, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != Columns {
		return nil, fmt.Errorf("%d columns instead of %d", len(cells), Columns)
	}
	r := &reader{cells: cells}
	event := r.event()
	return event, r.err
}

// reader keeps the first error, so that the columns can be read one after the other without asking.
type reader struct {
	cells []string
	err   error
}

// read gives nil for an empty column and for one that is wrong.
func read[T any](r *reader, number int, name string, parse func(string) (T, error)) *T {
	cell := r.cells[number]
	if cell == "" || r.err != nil {
		return nil
	}
	value, err := parse(cell)
	if err != nil {
		r.err = fmt.Errorf("%s: %w", name, err)
		return nil
	}
	return &value
}

func (r *reader) text(number int, _ string) string { return r.cells[number] }

func (r *reader) integer(number int, name string) *int32 {
	return read(r, number, name, func(cell string) (int32, error) {
		value, err := strconv.ParseInt(cell, 10, 32)
		return int32(value), err
	})
}

func (r *reader) float(number int, name string) *float64 {
	return read(r, number, name, func(cell string) (float64, error) { return strconv.ParseFloat(cell, 64) })
}

func (r *reader) decimal(number int, name string) Decimal {
	value := read(r, number, name, func(cell string) (Decimal, error) {
		if Decimal(cell).Rat() == nil {
			return "", errors.New("no number")
		}
		return Decimal(cell), nil
	})
	if value == nil {
		return ""
	}
	return *value
}

func (r *reader) bool(number int, name string) *bool {
	return read(r, number, name, func(cell string) (bool, error) {
		if cell != "0" && cell != "1" {
			return false, errors.New("neither 0 nor 1")
		}
		return cell == "1", nil
	})
}

func (r *reader) time(number int, name string) *Timestamp {
	return read(r, number, name, func(cell string) (Timestamp, error) {
		value, err := time.Parse(layout, cell)
		return Timestamp{value}, err
	})
}

var errNoEntity = errors.New("no self-describing JSON")

// entity is one self-describing JSON inside an envelope that only says what it is.
func (r *reader) entity(number int, name string) *Entity {
	return read(r, number, name, func(cell string) (Entity, error) {
		var envelope struct{ Data Entity }
		err := json.Unmarshal([]byte(cell), &envelope)
		if err == nil && envelope.Data.Schema == "" {
			err = errNoEntity
		}
		return envelope.Data, err
	})
}

func (r *reader) entities(number int, name string) []Entity {
	value := read(r, number, name, func(cell string) ([]Entity, error) {
		var envelope struct{ Data []Entity }
		err := json.Unmarshal([]byte(cell), &envelope)
		missing := func(entity Entity) bool { return entity.Schema == "" }
		if err == nil && (envelope.Data == nil || slices.ContainsFunc(envelope.Data, missing)) {
			err = errNoEntity
		}
		return envelope.Data, err
	})
	if value == nil {
		return nil
	}
	return *value
}
