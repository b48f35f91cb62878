package route

// Answer is one answer to a route as it came.
type Answer struct {
	Route    string `json:"route"`
	Status   int    `json:"status"`
	Location string `json:"location"`     // of a redirect
	Type     string `json:"content_type"` // empty when the answer named none
	Bytes    int64  `json:"length_bytes"` // of the body
	Excerpt  string `json:"excerpt"`      // the body's first 2 KiB, as they came
	Service  int64  `json:"service_ns"`
}
