package sdk

// Dates and times are integers in this package: package time would bring WASI
// functions into every module that ABI.md, section 7, does not have.

// parseTimestamp reads a date with or without a time, as SQLite's functions
// read and write it, and returns microseconds since 1970-01-01 00:00:00 UTC.
// https://sqlite.org/lang_datefunc.html#time_values
func parseTimestamp(s string) (micros int64, ok bool) {
	p := parser{s}
	year, month, day := p.digits(4), p.dashed(), p.dashed()
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	micros = int64(daysSinceEpoch(year, month, day)) * 24 * 60 * 60 * 1e6
	if p.rest == "" {
		return micros, true
	}
	if !p.skip(' ') && !p.skip('T') {
		return 0, false
	}
	clock, ok := p.clock()
	if !ok {
		return 0, false
	}
	offset, ok := p.zone()
	return micros + clock - offset, ok && p.rest == ""
}

// parser reads from the front of a text.
type parser struct{ rest string }

func (p *parser) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// digits reads a number of exactly n digits, or returns -1.
func (p *parser) digits(n int) (v int) {
	if len(p.rest) < n {
		return -1
	}
	for i := range n {
		c := p.rest[i]
		if c < '0' || c > '9' {
			return -1
		}
		v = v*10 + int(c-'0')
	}
	p.rest = p.rest[n:]
	return v
}

func (p *parser) dashed() int {
	if !p.skip('-') {
		return -1
	}
	return p.digits(2)
}

// clock reads HH:MM, HH:MM:SS or HH:MM:SS.fraction.
func (p *parser) clock() (micros int64, ok bool) {
	hour := p.digits(2)
	if hour < 0 || hour > 23 || !p.skip(':') {
		return 0, false
	}
	minute, second := p.digits(2), 0
	if p.skip(':') {
		second = p.digits(2)
	}
	if minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	micros = int64(hour*3600+minute*60+second) * 1e6
	if !p.skip('.') {
		return micros, true
	}
	read := 0
	for unit := int64(100_000); ; unit /= 10 {
		d := p.digits(1)
		if d < 0 {
			return micros, read > 0
		}
		micros += int64(d) * unit
		read++
	}
}

// zone reads Z, +HH:MM, -HH:MM or nothing, and returns the offset from UTC.
func (p *parser) zone() (micros int64, ok bool) {
	if p.rest == "" || p.skip('Z') || p.skip('z') {
		return 0, true
	}
	sign := int64(1)
	if p.skip('-') {
		sign = -1
	} else if !p.skip('+') {
		return 0, false
	}
	hours := p.digits(2)
	colon := p.skip(':')
	minutes := p.digits(2)
	if hours < 0 || hours > 23 || !colon || minutes < 0 || minutes > 59 {
		return 0, false
	}
	return sign * int64(hours*60+minutes) * 60 * 1e6, true
}

// daysSinceEpoch returns the days from 1970-01-01 to a date of the Gregorian
// calendar. Years are counted from March, so that a leap day is the last of its
// year, and in eras of 400 years, which all have the same number of days.
// https://howardhinnant.github.io/date_algorithms.html#days_from_civil
func daysSinceEpoch(year, month, day int) int {
	const daysPerEra, marchToEpoch = 146097, 719468
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*daysPerEra + dayOfEra - marchToEpoch
}

func daysIn(year, month int) int {
	next := daysSinceEpoch(year, month+1, 1)
	if month == 12 {
		next = daysSinceEpoch(year+1, 1, 1)
	}
	return next - daysSinceEpoch(year, month, 1)
}
