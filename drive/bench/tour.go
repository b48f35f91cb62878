package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"pitwall/analyze/answer"
	"pitwall/core/route"
)

// tour is what one unit asks: the same in all arms of a round.
type tour struct {
	subject *routeSubject
	arm     int
	round   int
	maker   *maker
	visitor *visitor
	random  *rand.Rand
	member  bool // logged in: later cookies count too
	fresh   bool // the app takes a token once: each request fetches its own
}

// UnexpectedError is an answer that is not as the route expects.
type UnexpectedError struct {
	Request string
	Answer  answer.Answer
	Text    string
}

// Error is "GET /orders: answered 500 and not 200 to 299".
func (e *UnexpectedError) Error() string { return e.Request + ": " + e.Text }

// enter logs in where the route wants it, and fetches its first token.
func (s *routeSubject) enter(ctx context.Context, a asker, base string, arm, round int, seed uint64) (*tour, error) {
	salt := fmt.Sprintf("%sr%d", s.salt, round)
	t := &tour{subject: s, arm: arm, round: round, maker: newMaker(s.route, base, salt), visitor: &visitor{},
		random: rand.New(rand.NewPCG(seed, 0x70757)), member: s.route.Session}
	if s.route.Session {
		if err := t.visitor.logIn(ctx, a, s.apps.Spec.Session, base, salt, t.random); err != nil {
			return nil, err
		}
	}
	return t, t.renew(ctx, a, t.pageValues())
}

// renew fetches a token. A guest begins anew.
func (t *tour) renew(ctx context.Context, a asker, values map[string]string) error {
	if t.maker.route.CSRF == "" {
		return nil
	}
	if !t.member {
		t.visitor.jar.Clear()
	}
	return t.visitor.fetchToken(ctx, a, t.maker, values)
}

// pageValues draws the parameters of the token's page, nil when it has none:
// then a sequence loses no value.
func (t *tour) pageValues() map[string]string {
	if len(t.maker.csrf.Names()) == 0 {
		return nil
	}
	return t.maker.draw(t.random)
}

// next is the next request. What it asks for was never asked before where the
// route's parameters say so.
func (t *tour) next(ctx context.Context, a asker) (request, error) {
	return t.with(ctx, a, t.maker.draw(t.random))
}

// with is the request with these values.
func (t *tour) with(ctx context.Context, a asker, values map[string]string) (request, error) {
	if t.fresh {
		if err := t.renew(ctx, a, values); err != nil {
			return request{}, err
		}
	}
	return t.maker.request(values, t.visitor), nil
}

// good says whether the answer is as the route expects, with an
// *UnexpectedError where it is not.
func (t *tour) good(q request, r answer.Answer) error {
	if text := unexpected(t.maker.route.Expect, r); text != "" {
		return &UnexpectedError{Request: q.String(), Answer: r, Text: text}
	}
	return nil
}

// once asks the next request and sees that the answer is good. When the app
// refuses it, perhaps because it takes a token but once, it tries with one of
// its own.
func (t *tour) once(ctx context.Context, a asker) (request, reply, error) {
	values := t.maker.draw(t.random)
	for {
		q, err := t.with(ctx, a, values)
		if err != nil {
			return q, reply{}, err
		}
		r, err := a.ask(ctx, q)
		if err != nil {
			return q, r, fmt.Errorf("%s: %w", q, err)
		}
		if t.member {
			t.visitor.take(r, q)
		}
		err = t.good(q, r.Answer)
		if err == nil || t.fresh || t.maker.route.CSRF == "" || r.Status < 400 || r.Status > 499 {
			return q, r, err
		}
		t.fresh = true
	}
}

// check asks a few requests and sees that the other arms give the same
// answers, and in the first round that this one does so twice. The digest
// stands for all answers, the note says what was not compared in them.
func (t *tour) check(ctx context.Context, a asker, again bool) (digest, note string, err error) {
	sum, replaced := sha256.New(), map[string]int{}
	for n := range checked {
		q, r, err := t.once(ctx, a)
		if err != nil {
			return "", "", err
		}
		m := t.subject.matcher
		if again && t.round == 0 {
			second, err := a.ask(ctx, q)
			if err != nil {
				return "", "", fmt.Errorf("%s: %w", q, err)
			}
			if err := m.itself(t.arm, q, r.Answer, second.Answer); err != nil {
				return "", "", err
			}
		}
		one, err := m.others(t.arm, t.round, n, q, r.Answer)
		if err != nil {
			return "", "", err
		}
		sum.Write([]byte(one.Digest()))
		for name, n := range one.Replaced {
			replaced[name] += n
		}
	}
	if list := answer.Replaced(replaced); list != "" {
		note = "answers match; not compared in them: " + list
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), note, nil
}

// rules are those of the benchmark. A route that writes names what it wrote
// by number, and no transaction gives numbers back.
func rulesOf(r route.Route, ignore []string) (answer.Rules, error) {
	rules := answer.Standard()
	if r.Writes {
		rules = append(rules, answer.Written()...)
	}
	return rules.Ignore(ignore)
}
