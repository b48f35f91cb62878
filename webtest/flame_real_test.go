package webtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pitwall/core/profile"
)

const whole = `[data-flame=all]`

// selected is what the flame graph says that it has selected.
func selected(b *tab) string {
	b.t.Helper()
	return eval[string](b, `document.querySelector("`+whole+` p[aria-live]").textContent`)
}

// The keyboard goes to the widest box, zooms into it and back, and the address
// keeps the place.
func TestRealFlameByKeyboard(t *testing.T) {
	address := file(t, offline(t, sample(t)))
	b := open(t, address)
	b.do(chromedp.Focus(chromedp.CSS(whole + " .flame-box")))
	b.keys(kb.ArrowDown)
	b.until(`document.querySelector("` + whole + ` p[aria-live]").textContent !== ""`)
	for range 8 { // the middle of the picture is not yet the heaviest child
		b.keys(kb.ArrowLeft)
	}
	b.until(`document.querySelector("` + whole + ` p[aria-live]").textContent.startsWith("OrdersController#index")`)
	b.keys(kb.Enter)
	b.until(`document.querySelector("` + whole + ` .crumb[aria-current]").textContent === "OrdersController#index"`)
	if hash := eval[string](b, `location.hash`); !strings.Contains(hash, "zoom.all=") {
		t.Errorf("the zoom is not in the address: %s", hash)
	}
	hash := eval[string](b, `location.hash`)
	b.do(chromedp.Navigate("about:blank"))
	b.load(address + hash)
	b.until(`document.querySelector("` + whole + ` .crumb[aria-current]").textContent === "OrdersController#index"`)
	b.do(chromedp.Focus(chromedp.CSS(whole + " .flame-box")))
	b.keys("0")
	b.until(`document.querySelector("` + whole + ` .crumb[aria-current]").textContent === "all"`)
	b.press("/")
	b.until(`document.activeElement.type === "search"`)
	b.keys("exec_prepared")
	b.until(`document.querySelector("` + whole + ` .found").textContent.startsWith("1 method, 28")`)
	if rows := eval[int](b, `document.querySelectorAll("`+whole+` .frames tbody tr").length`); rows != 1 {
		t.Errorf("the table shows %d methods, want the one that was searched", rows)
	}
	b.quiet()
}

// A click on the first box below the root is a click on the widest method.
func TestRealFlameByMouse(t *testing.T) {
	b := open(t, file(t, offline(t, sample(t))))
	click(b, 5, 45)
	b.until(`document.querySelector("` + whole + ` .crumb[aria-current]").textContent === "OrdersController#index"`)
	eval[chromedp.Void](b, `document.querySelector("`+whole+` .toggle input").click()`) // gems are shown again
	eval[chromedp.Void](b, `[...document.querySelectorAll("`+whole+` .button")].find((x) => x.textContent === "Reset zoom").click()`)
	b.until(`document.querySelector("` + whole + ` .crumb[aria-current]").textContent === "all"`)
	click(b, 5, 30)
	b.until(`document.querySelector("` + whole + ` .crumb[aria-current]").textContent === "Thread.new"`)
	b.quiet()
}

// click presses the mouse at a place of the flame graph.
func click(b *tab, x, y float64) {
	b.t.Helper()
	eval[chromedp.Void](b, `document.querySelector("`+whole+` .flame-box").scrollIntoView({ behavior: "instant", block: "center" })`)
	at := eval[[]float64](b, `(() => { const r = document.querySelector("`+whole+` .flame-box").getBoundingClientRect(); return [r.left, r.top]; })()`)
	b.do(chromedp.MouseClickXY(at[0]+x, at[1]+y))
}

// 50,000 boxes and a stack 5,000 calls deep are drawn and searched.
func TestRealBigFlame(t *testing.T) {
	lap := sample(t)
	lap.Flame, lap.Top = bigTree(50_000, 5_000), nil
	b := open(t, file(t, offline(t, lap)))
	b.do(chromedp.Focus(chromedp.CSS(whole + " .flame-box")))
	eval[chromedp.Void](b, `document.querySelector("`+whole+` .flame-box").scrollTop = 60000`)
	b.keys(kb.ArrowDown + "++--dd0")
	b.press("/")
	b.keys("Deep#call")
	b.until(`document.querySelector("` + whole + ` .found").textContent.startsWith("5000 methods")`)
	cost := eval[float64](b, `(() => {
		const canvas = document.querySelector("`+whole+` canvas");
		return canvas.width > 0 && [...canvas.getContext("2d").getImageData(0, 0, 60, 60).data].some((v) => v > 0) ? 1 : 0;
	})()`)
	if cost == 0 {
		t.Error("nothing is drawn")
	}
	b.quiet()
}

// bigTree is one deep stack beside many wide ones.
func bigTree(nodes, deep int) *profile.Tree {
	tree := &profile.Tree{Unit: "ns", Nodes: []profile.Node{{Parent: profile.NoStack, Frame: -1}}}
	add := func(parent int32, name string, total int64) int32 {
		tree.Frames = append(tree.Frames, profile.Frame{Name: name, File: "app/models/big.rb", Line: 1})
		tree.Nodes = append(tree.Nodes, profile.Node{Parent: parent, Frame: int32(len(tree.Frames) - 1), Total: total})
		return int32(len(tree.Nodes) - 1)
	}
	at := int32(0)
	for i := range deep {
		at = add(at, fmt.Sprintf("Deep#call%d", i), 1e12)
	}
	tree.Nodes[at].Self = 1e12
	wide := int32(0)
	for i := range nodes - deep {
		if i%50 == 0 {
			wide = add(0, fmt.Sprintf("Wide#call%d", i), 49e6)
			continue
		}
		leaf := add(wide, fmt.Sprintf("Leaf#call%d", i), 1e6)
		tree.Nodes[leaf].Self = 1e6
	}
	for _, n := range tree.Nodes[1:] {
		if n.Parent == 0 {
			tree.Nodes[0].Total += n.Total
		}
	}
	return tree
}
