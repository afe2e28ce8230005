// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestTheActionOfALogIsItsEventName(t *testing.T) {
	it, _ := item(t, "app.opened", member(attrs{"event.name": "transcription.finished"}))
	require.Equal(t, "app.opened", it.Action)
}

func TestTheActionOfALogWithoutEventNameIsItsAttribute(t *testing.T) {
	it, effects := item(t, "", member(attrs{"event.name": "app.opened"}))
	require.Equal(t, "app.opened", it.Action)
	require.Len(t, effects, 1)
}

func TestTheTimeOfALogIsItsTimestampElseWhenItWasObserved(t *testing.T) {
	ld := logs(t, "app.opened", member(nil))
	only(ld).SetObservedTimestamp(someTime + 1)
	it, _ := the(t, definitions(), "", ld)
	require.EqualValues(t, someTime, it.Time)

	only(ld).SetTimestamp(0)
	it, _ = the(t, definitions(), "", ld)
	require.EqualValues(t, someTime+1, it.Time)
}

func TestALogWithoutAnyTimestampIsInvalid(t *testing.T) {
	ld := logs(t, "app.opened", member(nil))
	only(ld).SetTimestamp(0)
	it, _ := the(t, definitions(), "", ld)
	require.Equal(t, usage.Invalid, it.Outcome)
	require.Equal(t, usage.ReasonNoTime, it.Reason)
}

func TestATimeBefore2000IsInAnotherUnit(t *testing.T) {
	for at, reason := range map[pcommon.Timestamp]usage.Reason{
		usage.Year2000 - 1:   usage.ReasonTimestampUnit,
		usage.Year2000:       usage.ReasonNone,
		someTime / 1_000_000: usage.ReasonTimestampUnit,
		1:                    usage.ReasonTimestampUnit,
	} {
		for _, action := range []string{"app.opened", "social.connected", "user.registered", "user.alias", "transcription.finished"} {
			ld := logs(t, action, member(attrs{"social.network": "x", "user.previous_id": "p", "transcription.minutes": 1}))
			only(ld).SetTimestamp(0)
			only(ld).SetObservedTimestamp(at)
			it, _ := the(t, definitions(), "", ld)
			require.Equal(t, reason, it.Reason, "%s at %d", action, at)
			require.Equal(t, reason == usage.ReasonNone, it.Outcome == usage.Pending)
		}
		ld := logs(t, "mouse.moved", nil)
		only(ld).SetTimestamp(at)
		it, _ := the(t, definitions(), "", ld)
		require.Equal(t, usage.Unmatched, it.Outcome)
	}
}

func TestATimeBeyondWhatCanBeHeldIsAsLateAsAny(t *testing.T) {
	ld := logs(t, "app.opened", member(nil))
	only(ld).SetTimestamp(1<<64 - 1)
	it, _ := the(t, definitions(), "", ld)
	require.EqualValues(t, 1<<63-1, it.Time)
}

func TestTheUIDOfALogIsItsOwnAttribute(t *testing.T) {
	it, _ := item(t, "api.called", member(attrs{"log.record.uid": "01J"}))
	require.Equal(t, "01J", it.UID)
	require.Zero(t, it.Content)
}

func TestAUIDOfAResourceNamesNoRecord(t *testing.T) {
	ld := logs(t, "api.called", member(nil))
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("log.record.uid", "01J")
	it, _ := the(t, definitions(), "", ld)
	require.Empty(t, it.UID)
	require.NotZero(t, it.Content)
}

// who is where the organization attributes of one log stand.
type who struct{ record, scope, resource attrs }

func (i who) logs(t *testing.T, action string) plog.Logs {
	t.Helper()
	ld := logs(t, action, i.record)
	rl := ld.ResourceLogs().At(0)
	require.NoError(t, rl.ScopeLogs().At(0).Scope().Attributes().FromRaw(i.scope))
	require.NoError(t, rl.Resource().Attributes().FromRaw(i.resource))
	return ld
}

func TestIdentityIsTheFirstNameFoundOnRecordThenScopeThenResource(t *testing.T) {
	tests := map[string]struct {
		who
		organization string
	}{
		"record before scope before resource": {who{attrs{"organization.id": "a"}, attrs{"organization.id": "b"}, attrs{"organization.id": "c"}}, "a"},
		"scope before resource":               {who{nil, attrs{"organization.id": "b"}, attrs{"organization.id": "c"}}, "b"},
		"resource":                            {who{nil, nil, attrs{"organization.id": "c"}}, "c"},
		"the first name wherever it stands":   {who{attrs{"tenant.id": "t"}, nil, attrs{"organization.id": "c"}}, "c"},
		"the second name":                     {who{attrs{"tenant.id": "t"}, nil, nil}, "t"},
		"an empty string is absent":           {who{attrs{"organization.id": ""}, attrs{"organization.id": "b"}, nil}, "b"},
		"a list is absent":                    {who{attrs{"organization.id": []any{"a"}}, nil, attrs{"tenant.id": "t"}}, "t"},
		"a number is rendered":                {who{attrs{"organization.id": 42}, nil, nil}, "42"},
		"a number of a resource is rendered":  {who{nil, nil, attrs{"organization.id": 42}}, "42"},
		"a bool is absent":                    {who{attrs{"organization.id": true}, nil, attrs{"tenant.id": "t"}}, "t"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			it, _ := the(t, definitions(), "", test.logs(t, "api.called"))
			require.Equal(t, test.organization, it.Organization)
			require.Equal(t, usage.Pending, it.Outcome)
		})
	}
}

func TestTheUserIsFoundLikeTheOrganization(t *testing.T) {
	ld := who{attrs{"enduser.id": "bob"}, nil, attrs{"organization.id": "acme"}}.logs(t, "app.opened")
	it, _ := the(t, definitions(), "", ld)
	require.Equal(t, "bob", it.User)
}

func TestOfARepeatedAttributeTheFirstCounts(t *testing.T) {
	// pdata cannot repeat a key, a sender can: {"a": 1} twice, as in the wire
	// format, with the second name patched.
	ld := logs(t, "api.called", nil)
	only(ld).Attributes().PutStr("organization.id", "acme")
	only(ld).Attributes().PutStr("organization.iX", "evil")
	var m plog.ProtoMarshaler
	wire, err := m.MarshalLogs(ld)
	require.NoError(t, err)
	for i := range wire {
		if wire[i] == 'X' {
			wire[i] = 'd'
		}
	}
	var u plog.ProtoUnmarshaler
	ld, err = u.UnmarshalLogs(wire)
	require.NoError(t, err)
	require.Equal(t, 2, only(ld).Attributes().Len())
	first, _ := only(ld).Attributes().Get("organization.id")
	it, _ := the(t, definitions(), "", ld)
	require.Equal(t, first.Str(), it.Organization)
}

func TestAnItemsScopeIsItsOwn(t *testing.T) {
	ld := who{nil, attrs{"organization.id": "one"}, nil}.logs(t, "api.called")
	other := ld.ResourceLogs().At(0).ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	other.SetEventName("api.called")
	other.SetTimestamp(someTime)
	var b usage.Batch
	newExtractor(t, definitions()).Logs(ld, "", &b)
	require.Equal(t, "one", b.Items[0].Organization)
	require.Equal(t, usage.NoOrganization, b.Items[1].Organization)
}

func TestAnActionThatIsNobodysIsUnmatchedUnderItsOrganization(t *testing.T) {
	it, effects := item(t, "mouse.moved", member(nil))
	require.Equal(t, usage.Unmatched, it.Outcome)
	require.Equal(t, "acme", it.Organization)
	require.Empty(t, effects)
}

func TestUnmatchedComesBeforeInvalid(t *testing.T) {
	it, _ := item(t, "mouse.moved", nil)
	require.Equal(t, usage.Unmatched, it.Outcome)
	require.Equal(t, usage.NoOrganization, it.Organization)
}

func TestAnActionWhoseConditionDoesNotHoldIsUnmatched(t *testing.T) {
	it, _ := item(t, "course.accessed", member(attrs{"user.status": "asleep"}))
	require.Equal(t, usage.Unmatched, it.Outcome)
	it, effects := item(t, "course.accessed", member(attrs{"user.status": "active"}))
	require.Equal(t, usage.Pending, it.Outcome)
	require.Equal(t, []usage.Effect{{Kind: usage.Active, Meter: learners}}, effects)
}

func TestAnItemWithoutOrganizationIsInvalid(t *testing.T) {
	for _, organization := range []string{"", usage.NoOrganization} {
		it, _ := item(t, "app.opened", attrs{"organization.id": organization, "user.id": "ann"})
		require.Equal(t, usage.Invalid, it.Outcome)
		require.Equal(t, usage.ReasonNoOrganization, it.Reason)
		require.Equal(t, usage.NoOrganization, it.Organization)
	}
}

func TestAnOrganizationThatNoStoreTakesAsALabelIsNone(t *testing.T) {
	for _, organization := range []string{"acme\xff", strings.Repeat("a", 1025)} {
		it, _ := item(t, "app.opened", attrs{"organization.id": organization, "user.id": "ann"})
		require.Equal(t, usage.Invalid, it.Outcome)
		require.Equal(t, usage.NoOrganization, it.Organization)
	}
	it, _ := item(t, "app.opened", attrs{"organization.id": strings.Repeat("ä", 512), "user.id": "ann"})
	require.Equal(t, usage.Pending, it.Outcome)
}

func TestAUserIDOfAnEndlessLengthIsNone(t *testing.T) {
	it, _ := item(t, "app.opened", attrs{"organization.id": "acme", "user.id": strings.Repeat("a", 1025)})
	require.Equal(t, usage.ReasonLongID, it.Reason)
	it, _ = item(t, "user.alias", member(attrs{"user.previous_id": strings.Repeat("a", 1025)}))
	require.Equal(t, usage.ReasonLongID, it.Reason)
}

func TestABreakdownValueIsOneThatStoresTake(t *testing.T) {
	for value, want := range map[string]string{"de\xff": "de\uFFFD", strings.Repeat("a", 1025): usage.OtherValue, "日本": "日本"} {
		it, b := the(t, definitions(), "", logs(t, "app.opened", member(attrs{"app.feature": value})))
		require.Equal(t, []string{want}, b.ValuesOf(&b.EffectsOf(&it)[0]))
	}
}

func TestAnItemWithoutUserIsInvalidWhereEveryMeterNeedsOne(t *testing.T) {
	for _, action := range []string{"app.opened", "post.viewed", "user.logon", "user.registered", "user.alias", "social.connected"} {
		it, _ := item(t, action, attrs{"organization.id": "acme", "social.network": "x", "user.previous_id": "p"})
		require.Equal(t, usage.Invalid, it.Outcome, action)
		require.Equal(t, usage.ReasonNoUser, it.Reason, action)

	}
}

func TestConsumptionNeedsNoUser(t *testing.T) {
	it, effects := item(t, "api.called", attrs{"organization.id": "acme"})
	require.Equal(t, usage.Pending, it.Outcome)
	require.Empty(t, it.User)
	require.Equal(t, usage.Consume, effects[0].Kind)
}

func TestWhatOneMeterCannotUseOfAnItemIsRejectedForThatMeterAlone(t *testing.T) {
	it, effects := item(t, "task.finished", attrs{"organization.id": "acme", "transcription.minutes": 2})
	require.Equal(t, usage.Pending, it.Outcome)
	require.Len(t, effects, 2)
	require.Equal(t, usage.Effect{Kind: usage.Rejected, Meter: operators, Reason: usage.ReasonNoUser}, effects[0])
	require.Equal(t, usage.Consume, effects[1].Kind)

	it, effects = item(t, "task.finished", member(nil))
	require.Equal(t, usage.Pending, it.Outcome)
	require.Equal(t, usage.Concurrent, effects[0].Kind)
	require.Equal(t, usage.Effect{Kind: usage.Rejected, Meter: minutes, Reason: usage.ReasonNoValue}, effects[1])
}

func TestAMeterRejectsAnItemOnceWhateverItsClasses(t *testing.T) {
	x := definitions()
	x.Meters[calls].Versions[0].Classes[0].Actions = []string{"post.viewed"}
	it, b := the(t, x, "", logs(t, "post.viewed", attrs{"organization.id": "acme"}))
	effects := b.EffectsOf(&it)
	require.Len(t, effects, 2)
	require.Equal(t, usage.Rejected, effects[0].Kind)
	require.Equal(t, usage.Consume, effects[1].Kind)
}

func TestAnActionOfSeveralClassesIsActiveInEach(t *testing.T) {
	_, effects := item(t, "post.viewed", member(nil))
	require.Len(t, effects, 2)
	require.EqualValues(t, onboarded, effects[0].Class)
	require.EqualValues(t, anonymous, effects[1].Class)
}

func TestAnActionHasTheUnionOfItsRoles(t *testing.T) {
	_, effects := item(t, "task.finished", member(attrs{"transcription.minutes": 1}))
	require.Equal(t, usage.RoleActivity|usage.RoleHourly, effects[0].Roles)
	_, effects = item(t, "user.logon", member(nil))
	require.Equal(t, []usage.Effect{{Kind: usage.Concurrent, Meter: operators, Roles: usage.RoleLogon}}, effects)
}

func TestEachVersionOfAMeterThatMatchesHasItsEffect(t *testing.T) {
	_, effects := item(t, "api.called", member(nil))
	require.Equal(t, []usage.Effect{
		{Kind: usage.Consume, Meter: calls, Version: 0, Value: usage.Micro},
		{Kind: usage.Consume, Meter: calls, Version: 1, Value: usage.Micro},
	}, effects)
	it, effects := item(t, "api.streamed", member(nil))
	require.Equal(t, usage.Pending, it.Outcome)
	require.Len(t, effects, 1)
	require.EqualValues(t, 1, effects[0].Version)
}

func TestAnActionNamedTwiceCountsOnce(t *testing.T) {
	x := definitions()
	x.Meters[credits].Versions[0].Classes[0].Actions = []string{"credit.spent", "credit.spent"}
	it, b := the(t, x, "", logs(t, "credit.spent", member(attrs{"credit.amount": 1})))
	require.Len(t, b.EffectsOf(&it), 1)
}

func TestLifecycleActionsSetTheUsersStatus(t *testing.T) {
	_, effects := item(t, "user.removed", member(nil))
	require.Equal(t, []usage.Effect{{Kind: usage.Lifecycle, Status: usage.Removed}}, effects)
}

func TestStandingActivityHasItsKey(t *testing.T) {
	_, effects := item(t, "social.disconnected", member(attrs{"social.network": "mastodon"}))
	require.Len(t, effects, 1)
	require.Equal(t, usage.StandingOff, effects[0].Kind)
	require.Equal(t, "mastodon", effects[0].Key)
	require.EqualValues(t, anonymous, effects[0].Class)

	it, _ := item(t, "social.connected", member(nil))
	require.Equal(t, usage.Invalid, it.Outcome)
	require.Equal(t, usage.ReasonNoStandingKey, it.Reason)
}

func TestAnAliasJoinsThePreviousIDToTheOneThatStays(t *testing.T) {
	it, effects := item(t, "user.alias", member(attrs{"user.previous_id": "anonymous-7"}))
	require.Equal(t, "ann", it.User)
	require.Equal(t, []usage.Effect{{Kind: usage.Alias, Key: "anonymous-7"}}, effects)

	it, _ = item(t, "user.alias", member(nil))
	require.Equal(t, usage.Invalid, it.Outcome)
	require.Equal(t, usage.ReasonNoAliasSource, it.Reason)
}

func TestTheIDThatStaysIsItsOwnAttributeElseTheUser(t *testing.T) {
	x := definitions()
	x.AliasTo = "user.merged_into"
	it, _ := the(t, x, "", logs(t, "user.alias", member(attrs{"user.previous_id": "p", "user.merged_into": "q"})))
	require.Equal(t, "q", it.User)
	it, _ = the(t, x, "", logs(t, "user.alias", member(attrs{"user.previous_id": "p"})))
	require.Equal(t, "ann", it.User)
}

func TestAMissingBreakdownValueIsNone(t *testing.T) {
	it, b := the(t, definitions(), "", logs(t, "transcription.finished", member(attrs{
		"transcription.minutes": "1.5", "transcription.model": 3, "transcription.accuracy": 0.91,
	})))
	effects := b.EffectsOf(&it)
	require.Equal(t, []string{usage.NoValue, "3"}, b.ValuesOf(&effects[0]))
	require.Equal(t, []usage.Average{{Value: 910_000, Set: true}}, b.AveragesOf(&effects[0]))
}

func TestAnAverageThatIsNoNumberIsUnset(t *testing.T) {
	for _, accuracy := range []any{nil, "good", []any{1}} {
		it, b := the(t, definitions(), "", logs(t, "transcription.finished", member(attrs{
			"transcription.minutes": 1, "transcription.accuracy": accuracy,
		})))
		require.Equal(t, usage.Pending, it.Outcome)
		require.Equal(t, []usage.Average{{}}, b.AveragesOf(&b.EffectsOf(&it)[0]))
	}
}

func TestEffectsOfOneMeterShareTheirValues(t *testing.T) {
	it, b := the(t, definitions(), "", logs(t, "post.viewed", member(attrs{"app.feature": "read"})))
	for _, e := range b.EffectsOf(&it) {
		require.Equal(t, []string{"read"}, b.ValuesOf(&e))
	}
	require.Len(t, b.Values, 1)
}

func bound() usage.Extraction {
	x := definitions()
	x.BindOrganization = "organization"
	return x
}

func TestABoundOrganizationIsUsedWhereTheItemNamesNone(t *testing.T) {
	it, _ := the(t, bound(), "acme", logs(t, "api.called", attrs{}))
	require.Equal(t, usage.Pending, it.Outcome)
	require.Equal(t, "acme", it.Organization)
}

func TestANameOfAnotherOrganizationIsNeverObeyed(t *testing.T) {
	it, _ := withEffects(t, bound(), "acme", logs(t, "api.called", attrs{"tenant.id": "globex"}))
	require.Equal(t, usage.Unauthorized, it.Outcome)
	require.Equal(t, usage.ReasonOtherTenant, it.Reason)
	require.Equal(t, "acme", it.Organization, "counted under the sender's own")

	it, _ = the(t, bound(), "acme", logs(t, "api.called", attrs{"tenant.id": "acme"}))
	require.Equal(t, usage.Pending, it.Outcome)
}

// What cannot be read may be a name to whoever reads the telemetry behind us.
func TestABoundSenderNamesNothingThatIsNoOrganization(t *testing.T) {
	long := strings.Repeat("x", identity.MaxLength+1)
	for name, value := range map[string]any{
		"a list": []any{"globex"}, "the own one in a list": []any{"acme"}, "bytes": []byte("acme"), "a map": map[string]any{"id": "acme"},
		"true": true, "a fraction": 1.5, "too long": long, "no UTF-8": "acme\xff",
	} {
		for _, key := range []string{"organization.id", "tenant.id"} {
			it, _ := the(t, bound(), "acme", logs(t, "api.called", attrs{key: value}))
			require.Equal(t, usage.Unauthorized, it.Outcome, name)
			require.Equal(t, usage.ReasonOtherTenant, it.Reason, name)
			require.Equal(t, "acme", it.Organization, name)
		}
	}
	for name, value := range map[string]any{"nothing": nil, "empty": "", "the own one": "acme"} {
		it, _ := the(t, bound(), "acme", logs(t, "api.called", attrs{"organization.id": value}))
		require.Equal(t, usage.Pending, it.Outcome, name)
	}
	it, _ := the(t, bound(), "acme", logs(t, "api.called", attrs{"organization.id": "acme", "tenant.id": []any{"globex"}}))
	require.Equal(t, usage.Pending, it.Outcome, "the first attribute found decides")
}

func TestASenderWithoutOrganizationMayNameNone(t *testing.T) {
	it, _ := the(t, bound(), "", logs(t, "api.called", attrs{"tenant.id": "globex"}))
	require.Equal(t, usage.Unauthorized, it.Outcome)
	require.Equal(t, usage.NoOrganization, it.Organization)

	it, _ = the(t, bound(), "", logs(t, "api.called", attrs{}))
	require.Equal(t, usage.Invalid, it.Outcome)
	require.Equal(t, usage.ReasonNoOrganization, it.Reason)
}

func TestUnmatchedAndInvalidComeBeforeUnauthorized(t *testing.T) {
	it, _ := the(t, bound(), "acme", logs(t, "mouse.moved", attrs{"tenant.id": "globex"}))
	require.Equal(t, usage.Unmatched, it.Outcome)
	require.Equal(t, "acme", it.Organization)
	it, _ = the(t, bound(), "acme", logs(t, "app.opened", attrs{"tenant.id": "globex"}))
	require.Equal(t, usage.Invalid, it.Outcome)
	require.Equal(t, "acme", it.Organization)
}

func withEffects(t *testing.T, x usage.Extraction, bound string, ld plog.Logs) (usage.Item, []usage.Effect) {
	t.Helper()
	it, b := the(t, x, bound, ld)
	return it, b.EffectsOf(&it)
}

func TestABatchTakesSeveralRequests(t *testing.T) {
	var b usage.Batch
	e := newExtractor(t, definitions())
	e.Logs(logs(t, "transcription.finished", member(attrs{"transcription.minutes": 1, "transcription.language": "de"})), "", &b)
	e.Logs(logs(t, "transcription.finished", member(attrs{"transcription.minutes": 2, "transcription.language": "fr"})), "", &b)
	require.Len(t, b.Items, 2)
	require.EqualValues(t, 2*usage.Micro, b.EffectsOf(&b.Items[1])[0].Value)
	require.Equal(t, "fr", b.ValuesOf(&b.EffectsOf(&b.Items[1])[0])[0])
}

func TestTheContentOfAnItemIsHashedWhateverTheOrderOfItsAttributes(t *testing.T) {
	content := func(change func(pcommon.Map)) usage.UID {
		ld := logs(t, "api.called", nil)
		change(only(ld).Attributes())
		it, _ := the(t, definitions(), "", ld)
		return it.Content
	}
	one := content(func(m pcommon.Map) {
		m.PutStr("organization.id", "acme")
		m.PutStr("a", "1")
		m.PutEmptyMap("m").PutInt("x", 1)
		m.PutEmptySlice("s").AppendEmpty().SetBool(true)
	})
	require.NotZero(t, one)
	require.Equal(t, one, content(func(m pcommon.Map) {
		m.PutEmptySlice("s").AppendEmpty().SetBool(true)
		m.PutEmptyMap("m").PutInt("x", 1)
		m.PutStr("a", "1")
		m.PutStr("organization.id", "acme")
	}))
	others := map[string]func(pcommon.Map){
		"value":        func(m pcommon.Map) { m.PutStr("organization.id", "acme"); m.PutStr("a", "2") },
		"type":         func(m pcommon.Map) { m.PutStr("organization.id", "acme"); m.PutInt("a", 1) },
		"border":       func(m pcommon.Map) { m.PutStr("organization.id", "acme"); m.PutStr("a1", "") },
		"organization": func(m pcommon.Map) { m.PutStr("organization.id", "acm"); m.PutStr("ea", "1") },
		"bytes":        func(m pcommon.Map) { m.PutStr("organization.id", "acme"); m.PutEmptyBytes("a").Append('1') },
	}
	seen := map[usage.UID]string{one: "one"}
	for name, change := range others {
		hash := content(change)
		require.Empty(t, seen[hash], name)
		seen[hash] = name
	}
}

func TestContentIsHashedOnlyForSums(t *testing.T) {
	it, _ := item(t, "app.opened", member(nil))
	require.Zero(t, it.Content)
}
