// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// trimmed are definitions under which ids are spelled as with a new ledger.
func trimmed() usage.Extraction {
	x := definitions()
	x.Spellings = usage.Spellings{{Normalize: usage.Trim}}
	x.Placeholders = identity.DefaultPlaceholders()
	return x
}

// ofAcme is the only item of acme's with these attributes.
func ofAcme(t *testing.T, x usage.Extraction, action string, record attrs) (usage.Item, []usage.Effect) {
	t.Helper()
	record["organization.id"] = "acme"
	return withEffects(t, x, "", logs(t, action, record))
}

func TestAnIDIsTheTextOfAStringOrOfAWholeNumber(t *testing.T) {
	for _, test := range []struct {
		id   any
		text string
	}{
		{"3000000000", "3000000000"},
		{int64(3000000000), "3000000000"},
		{3e9, "3000000000"},
		{1234567.0, "1234567"},
		{float64(1 << 53), "9007199254740992"},
		{-5.0, "-5"},
		{"L04 \u200b", "L04"},
		{"Zoe\u0308", "Zo\u00eb"},
		{float64(1<<53) * 2, "other"},
		{1.5, "other"},
		{math.NaN(), "other"},
		{math.Inf(1), "other"},
		{true, "other"},
		{[]any{"a"}, "other"},
		{map[string]any{"a": "b"}, "other"},
		{[]byte("a"), "other"},
		{"", "other"},
		{nil, "other"},
	} {
		for _, place := range []string{"record", "resource"} {
			i := who{record: attrs{"organization.id": "acme", "enduser.id": "other"}}
			if place == "record" {
				i.record["user.id"] = test.id
			} else {
				i.resource = attrs{"user.id": test.id}
			}
			it, _ := the(t, trimmed(), "", i.logs(t, "app.opened"))
			require.Equal(t, usage.Pending, it.Outcome)
			require.Equal(t, test.text, it.User, "%v of a %s", test.id, place)
		}
	}
}

func TestOrganizationsAliasesAndStandingKeysAreSpelledLikeUsers(t *testing.T) {
	it, effects := withEffects(t, trimmed(), "", logs(t, "user.alias", attrs{
		"organization.id": " acme\u200b", "user.previous_id": 3e9, "user.id": "ann\u00a0",
	}))
	require.Equal(t, "acme", it.Organization)
	require.Equal(t, "ann", it.User)
	require.Equal(t, []usage.Effect{{Kind: usage.Alias, Key: "3000000000"}}, effects)
	_, effects = ofAcme(t, trimmed(), "social.connected", attrs{"user.id": "ann", "social.network": "mastodon "})
	require.Equal(t, "mastodon", effects[0].Key)
	_, effects = ofAcme(t, trimmed(), "social.connected", attrs{"user.id": "ann", "social.network": "null"})
	require.Equal(t, "null", effects[0].Key, "a key may be any word")
}

func TestAUIDIsTheTextOfAStringOrOfAWholeNumberAsItIs(t *testing.T) {
	for uid, want := range map[any]string{3e9: "3000000000", int64(7): "7", "01J ": "01J ", true: "", 1.5: ""} {
		it, _ := ofAcme(t, trimmed(), "api.called", attrs{"log.record.uid": uid})
		require.Equal(t, want, it.UID)
	}
}

func TestABreakdownValueIsWrittenAsOTLPDoes(t *testing.T) {
	for value, want := range map[any]string{
		3e9: "3000000000", math.Copysign(0, -1): "0", 1.5: "1.5", 1e20: "100000000000000000000", true: "true", "en ": "en ", int64(7): "7",
	} {
		for _, place := range []string{"record", "resource"} {
			i := who{record: member(nil)}
			if place == "record" {
				i.record["app.feature"] = value
			} else {
				i.resource = attrs{"app.feature": value}
			}
			_, b := the(t, trimmed(), "", i.logs(t, "app.opened"))
			require.Equal(t, []string{want}, b.Values)
		}
	}
	_, b := the(t, trimmed(), "", logs(t, "app.opened", member(attrs{"app.feature": []any{"a"}})))
	require.Equal(t, []string{usage.NoValue}, b.Values)
}

func TestAPlaceholderIsNobody(t *testing.T) {
	for _, id := range []any{"undefined", "NULL", " ", "\u200b", "[object Object]", 0, 0.0, math.Copysign(0, -1), "00000000-0000-0000-0000-000000000000"} {
		for name, record := range map[string]attrs{
			"user":         {"organization.id": "acme", "user.id": id, "enduser.id": "bob"},
			"organization": {"organization.id": id, "tenant.id": "acme", "user.id": "ann"},
			"alias source": {"organization.id": "acme", "user.id": "ann", "user.previous_id": id},
			"alias target": {"organization.id": "acme", "user.id": id, "user.previous_id": "ann"},
		} {
			action := "app.opened"
			if strings.HasPrefix(name, "alias") {
				action = "user.alias"
			}
			it, _ := withEffects(t, trimmed(), "", logs(t, action, record))
			require.Equal(t, usage.Invalid, it.Outcome, "%s %q", name, id)
			require.Equal(t, usage.ReasonPlaceholder, it.Reason, "%s %q", name, id)
			if name == "organization" {
				require.Equal(t, usage.NoOrganization, it.Organization)
			}
		}
	}
}

func TestOnlyWhatNeedsAUserIsLostToAPlaceholder(t *testing.T) {
	it, effects := ofAcme(t, trimmed(), "task.finished", attrs{"user.id": "guest", "transcription.minutes": 2})
	require.Equal(t, usage.Pending, it.Outcome)
	require.Empty(t, it.User)
	var kinds []usage.EffectKind
	for i := range effects {
		kinds = append(kinds, effects[i].Kind)
	}
	require.Equal(t, []usage.EffectKind{usage.Rejected, usage.Consume}, kinds)
	require.Equal(t, usage.ReasonPlaceholder, effects[0].Reason)
}

func TestWithoutPlaceholdersBlanksAreStillNoID(t *testing.T) {
	x := trimmed()
	x.Placeholders = nil
	it, _ := ofAcme(t, x, "app.opened", attrs{"user.id": "undefined"})
	require.Equal(t, "undefined", it.User)
	it, _ = ofAcme(t, x, "app.opened", attrs{"user.id": " \u200b", "enduser.id": "bob"})
	require.Equal(t, "bob", it.User)
	it, _ = ofAcme(t, x, "app.opened", attrs{"user.id": " \u200b"})
	require.Equal(t, usage.ReasonNoUser, it.Reason)
}

func TestTheOrganizationOfACredentialIsSpelledLikeAnyOther(t *testing.T) {
	x := trimmed()
	x.BindOrganization = "tenant"
	it, _ := the(t, x, "acme ", logs(t, "api.called", attrs{"tenant.id": "acme\u200b"}))
	require.Equal(t, "acme", it.Organization)
	require.Equal(t, usage.Pending, it.Outcome)
	it, _ = the(t, x, "acme ", logs(t, "api.called", attrs{"tenant.id": "undefined"}))
	require.Equal(t, "acme", it.Organization)
	require.Equal(t, usage.ReasonPlaceholder, it.Reason)
	it, _ = the(t, x, "null", logs(t, "api.called", attrs{}))
	require.Equal(t, usage.NoOrganization, it.Organization)
	require.Equal(t, usage.ReasonPlaceholder, it.Reason)
	it, _ = the(t, x, "null", logs(t, "api.called", attrs{"tenant.id": "acme"}))
	require.Equal(t, usage.NoOrganization, it.Organization)
	require.Equal(t, usage.Unauthorized, it.Outcome)
}

// changed are definitions of a ledger of format 3 that has since begun to trim,
// and then to fold.
func changed() (x usage.Extraction, trim, fold pcommon.Timestamp) {
	x = trimmed()
	day := time.Unix(0, int64(someTime)).UTC().Truncate(24 * time.Hour)
	x.Spellings = usage.Spellings{
		{Normalize: usage.Format3},
		{From: day.UnixNano(), Normalize: usage.Trim},
		{From: day.AddDate(0, 0, 5).UnixNano(), Normalize: usage.Fold},
	}
	return x, pcommon.Timestamp(x.Spellings[1].From), pcommon.Timestamp(x.Spellings[2].From)
}

func TestAnItemIsSpelledByItsOwnTimeAndSaysWhoItsUserWas(t *testing.T) {
	x, trim, fold := changed()
	for _, test := range []struct {
		at   pcommon.Timestamp
		id   any
		user string
		was  []string
	}{
		{trim - 1, "Ann ", "Ann ", nil},
		{trim, "Ann ", "Ann", []string{"Ann "}},
		{trim, "Ann", "Ann", nil},
		{fold - 1, 3e9, "3000000000", []string{"3e+09"}},
		{trim - 1, 3e9, "3e+09", nil},
		{fold, "Ann ", "ann", []string{"Ann ", "Ann"}},
		{fold, "ann", "ann", nil},
		{trim - 1, 1.5, "1.5", nil},
	} {
		ld := logs(t, "app.opened", attrs{"organization.id": "acme", "user.id": test.id})
		only(ld).SetTimestamp(test.at)
		it, effects := withEffects(t, x, "", ld)
		require.Equal(t, test.user, it.User)
		var was []string
		for i := range effects {
			if effects[i].Kind == usage.Respelled {
				require.Equal(t, usage.NoMeter, effects[i].Meter)
				was = append(was, effects[i].Key)
			}
		}
		require.Equal(t, test.was, was, "%v at %v", test.id, test.at)
	}
}

func TestTheSourceOfAnAliasSaysWhoItWasToo(t *testing.T) {
	x, trim, _ := changed()
	ld := logs(t, "user.alias", attrs{"organization.id": "acme", "user.id": "ann", "user.previous_id": "a-1 "})
	only(ld).SetTimestamp(trim)
	_, effects := withEffects(t, x, "", ld)
	require.Equal(t, []usage.Effect{
		{Kind: usage.Alias, Key: "a-1"}, {Kind: usage.Respelled, Meter: usage.NoMeter, Key: "a-1 "},
	}, effects)
}

func TestWhatWasSwitchedOnByAnEarlierSpellingIsSwitchedOff(t *testing.T) {
	x, trim, _ := changed()
	for action, keys := range map[string][]string{"social.connected": {"x"}, "social.disconnected": {"x", "x "}} {
		ld := logs(t, action, attrs{"organization.id": "acme", "user.id": "ann", "social.network": "x "})
		only(ld).SetTimestamp(trim)
		_, effects := withEffects(t, x, "", ld)
		var got []string
		for i := range effects {
			got = append(got, effects[i].Key)
		}
		require.Equal(t, keys, got)
	}
}

// TestSpellingCostsNoAllocation is of the ids of resources and records that are
// spelled so already.
func TestSpellingCostsNoAllocation(t *testing.T) {
	for name, x := range map[string]func() usage.Extraction{
		"trimmed": trimmed,
		"changed": func() usage.Extraction { x, _, _ := changed(); return x },
	} {
		t.Run(name, func(t *testing.T) {
			e := newExtractor(t, x())
			ld := traffic(t, "app.opened")
			ld.ResourceLogs().At(0).Resource().Attributes().PutStr("tenant.id", "acme \u200b")
			for _, lr := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
				lr.Attributes().Remove("organization.id")
			}
			var b usage.Batch
			extract := func() {
				b.Reset()
				e.Logs(ld, "", &b)
			}
			extract()
			require.Equal(t, "acme", b.Items[0].Organization)
			require.Zero(t, int(testing.AllocsPerRun(100, extract))/512)
		})
	}
}
