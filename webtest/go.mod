module pitwall/webtest

go 1.26.0

require pitwall v0.0.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)

replace pitwall => ../
