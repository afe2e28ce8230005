// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// withCondition is a class of the workspace meter and a sum on the same
// action, the class under a condition.
func withCondition(condition string) usage.Extraction {
	x := definitions()
	x.Meters[workspace].Versions[0].Classes = []usage.Class{{Index: onboarded, Actions: []string{"app.opened"}, Condition: condition}}
	x.Meters[credits].Versions[0].Classes[0].Actions = nil
	return x
}

func TestAConditionThatIsNoOTTLIsRefusedWithItsPathAndTheRemedy(t *testing.T) {
	_, err := New(withCondition("user.type is member"))
	require.ErrorContains(t, err, `meters::workspace::classes::onboarded::condition: "user.type is member"`)
	require.ErrorContains(t, err, `write one like attributes["user.type"] == "member"`)

	x := definitions()
	x.Meters[calls].Versions[1].Classes[0].Condition = `wrong`
	_, err = New(x)
	require.ErrorContains(t, err, `meters::calls::condition: "wrong"`)
}

func TestAConditionMayNotAskTheClockOrChance(t *testing.T) {
	for _, condition := range []string{`Now() > Time("2026", "%Y")`, `UUID() != ""`, `UUIDv7() != ""`} {
		_, err := New(withCondition(condition))
		require.Error(t, err, condition)
	}
}

func TestAConditionSeesScopeAndResource(t *testing.T) {
	x := withCondition(`resource.attributes["deployment"] == "live" and instrumentation_scope.name == "shop" and attributes["n"] > 1`)
	ld := who{member(attrs{"n": 2}), nil, attrs{"deployment": "live"}}.logs(t, "app.opened")
	it, _ := the(t, x, "", ld)
	require.Equal(t, usage.Unmatched, it.Outcome)
	ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope().SetName("shop")
	it, _ = the(t, x, "", ld)
	require.Equal(t, usage.Pending, it.Outcome)
}

func TestAConditionThatFailsIsInvalid(t *testing.T) {
	x := withCondition(`Int(attributes["n"]) > 1 and IsMatch(attributes["m"], "x")`)
	x.Meters[workspace].Versions[0].Classes[0].Condition = `ParseJSON(attributes["n"])["a"] == "b"`
	it, _ := the(t, x, "", logs(t, "app.opened", member(attrs{"n": "{"})))
	require.Equal(t, usage.Invalid, it.Outcome)
	require.Equal(t, usage.ReasonCondition, it.Reason)
	it, _ = the(t, x, "", logs(t, "app.opened", member(attrs{"n": `{"a":"b"}`})))
	require.Equal(t, usage.Pending, it.Outcome)
}

func TestAConditionThatMeansNothingInASignalIsInvalidThere(t *testing.T) {
	x := withCondition(`severity_number == 9`)
	ld := logs(t, "app.opened", member(nil))
	only(ld).SetSeverityNumber(9)
	it, _ := the(t, x, "", ld)
	require.Equal(t, usage.Pending, it.Outcome)

	e := newExtractor(t, x)
	var b usage.Batch
	td, _ := spans()
	e.Traces(td, "", &b)
	require.Equal(t, usage.Invalid, b.Items[2].Outcome)
	require.Equal(t, usage.ReasonCondition, b.Items[2].Reason)

	b.Reset()
	md, m := metrics("app.opened")
	deltaSum(m).SetIntValue(1)
	e.Metrics(md, "", &b)
	require.Equal(t, usage.ReasonCondition, b.Items[0].Reason)
}

func TestAConditionIsAskedOfEverySignal(t *testing.T) {
	for _, condition := range []string{`attributes["user.id"] == "bob"`, `IsMatch(attributes["user.id"], "^bob$")`} {
		e := newExtractor(t, withCondition(condition))
		var b usage.Batch
		td, s := spans()
		s.SetName("app.opened")
		e.Traces(td, "", &b)
		require.Equal(t, usage.Unmatched, b.Items[0].Outcome, "the span is ann's")
		require.Equal(t, usage.Pending, b.Items[2].Outcome, "its event is bob's")

		b.Reset()
		md, m := metrics("app.opened")
		p := deltaSum(m)
		p.SetIntValue(1)
		e.Metrics(md, "", &b)
		require.Equal(t, usage.Unmatched, b.Items[0].Outcome)
		p.Attributes().PutStr("user.id", "bob")
		b.Reset()
		e.Metrics(md, "", &b)
		require.Equal(t, usage.Pending, b.Items[0].Outcome)
	}
}

func TestAConditionSeesTheIndexOfASpanEvent(t *testing.T) {
	x := withCondition("")
	e := newExtractor(t, x)
	conditions, err := newConditions()
	require.NoError(t, err)
	parsed, err := conditions.spanEvent.ParseCondition("event_index == 1")
	require.NoError(t, err)
	e.recipes["app.opened"].parts[0].condition = &condition{spanEvent: parsed}
	var b usage.Batch
	td, _ := spans()
	e.Traces(td, "", &b)
	require.Equal(t, usage.Pending, b.Items[2].Outcome)
}

// panicking is a source whose conditions panic.
type panicking struct{ logSource }

func (*panicking) holds(*condition) (bool, bool) { panic("no such thing") }

func TestAPanicCostsOneItemAndLeavesNoEffect(t *testing.T) {
	x := definitions()
	// A sum first, so that an effect is there already.
	x.Meters[learners], x.Meters[credits] = x.Meters[credits], x.Meters[learners]
	x.Meters[learners].Versions[0].Classes[0].Actions = []string{"course.accessed"}
	x.Meters[learners].Versions[0].Value = ""
	x.Meters[credits].Versions[0].Classes[0].Condition = `attributes["user.status"] != "asleep" and true`
	e := newExtractor(t, x)
	var b usage.Batch
	e.Logs(logs(t, "api.called", member(nil)), "", &b)

	w := e.walker(usage.Logs, "", &b)
	w.atPdata(pcommon.NewResource())
	w.atPdataScope(pcommon.NewInstrumentationScope())
	attributes := &pdataMap{only(logs(t, "course.accessed", member(nil))).Attributes()}
	w.item(record{source: &panicking{}, action: "course.accessed", time: someTime, attributes: attributes})
	w.item(record{source: &logSource{record: plog.NewLogRecord()}, action: "api.called", time: someTime, attributes: attributes})
	w.release()

	require.Len(t, b.Items, 3)
	require.Equal(t, usage.Invalid, b.Items[1].Outcome)
	require.Equal(t, usage.ReasonPanic, b.Items[1].Reason)
	require.Equal(t, "acme", b.Items[1].Organization)
	require.Empty(t, b.EffectsOf(&b.Items[1]))
	require.Equal(t, usage.Pending, b.Items[2].Outcome)
	require.Len(t, b.EffectsOf(&b.Items[2]), 2)
	require.Len(t, b.Effects, 4)
}
