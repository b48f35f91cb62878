package bench

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

// talk has the client say one command to a server that answers so.
func talk(t testing.TB, answer string) (said string, reply string, err error) {
	t.Helper()
	mine, theirs := net.Pipe()
	defer mine.Close()
	heard := make(chan string, 1)
	go func() {
		buf := make([]byte, 4096)
		n, _ := theirs.Read(buf)
		theirs.Write([]byte(answer))
		theirs.Close()
		heard <- string(buf[:n])
	}()
	c := &redisConn{mine, bufio.NewReader(mine)}
	reply, err = c.do([]string{"LPUSH", "q", "ä\r\n"})
	return <-heard, reply, err
}

// The examples of https://redis.io/docs/latest/develop/reference/protocol-spec/.
func TestRedisProtocol(t *testing.T) {
	for answer, want := range map[string]string{"+OK\r\n": "OK", ":1000\r\n": "1000", "$5\r\nhello\r\n": "hello", "$0\r\n\r\n": "", "$-1\r\n": ""} {
		said, reply, err := talk(t, answer)
		if err != nil || reply != want {
			t.Errorf("%q: %q, %v", answer, reply, err)
		}
		if said != "*3\r\n$5\r\nLPUSH\r\n$1\r\nq\r\n$4\r\nä\r\n\r\n" {
			t.Errorf("said %q", said)
		}
	}
	for answer, want := range map[string]string{"-ERR unknown command\r\n": "unknown command", "": "EOF", "$5\r\nhe": "EOF", "$99999999\r\n": "neither", "*1\r\n": "neither", "\r\n": "neither"} {
		if _, _, err := talk(t, answer); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func FuzzRedisReply(f *testing.F) {
	f.Add("$5\r\nhello\r\n")
	f.Add("-\r\n$-9\r\n*")
	f.Fuzz(func(t *testing.T, answer string) {
		c := &redisConn{nil, bufio.NewReader(strings.NewReader(answer))}
		for range 5 {
			if _, err := c.reply(); err != nil {
				return
			}
		}
	})
}
