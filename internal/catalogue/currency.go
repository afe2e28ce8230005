// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"slices"
	"strings"
)

// Currency is a currency of ISO 4217; the zero Currency is none.
type Currency struct {
	Code string
	// Digits is the number of decimals of the minor unit: 2 for EUR.
	Digits int32
}

// currencies are the codes in use, without metals, funds and codes for tests.
// golang.org/x/text/currency is not asked: it knows neither MRU nor SLE, and
// its digits are those that people show (COP 0), not those of the standard.
var currencies = strings.Fields(`
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UYW UZS
VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG`)

// digits of the minor unit, where they are not 2.
var digits = map[string]int32{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
	"RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// currencyOf returns the currency of a code.
func currencyOf(code string) (Currency, bool) {
	if _, found := slices.BinarySearch(currencies, code); !found {
		return Currency{}, false
	}
	n, odd := digits[code]
	if !odd {
		n = 2
	}
	return Currency{Code: code, Digits: n}, true
}
