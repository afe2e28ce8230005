// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import "encoding/binary"

// Wire is how a field is encoded.
type Wire uint8

// The encodings of protobuf, groups excepted.
const (
	Varint  Wire = 0
	Fixed64 Wire = 1
	Bytes   Wire = 2
	Fixed32 Wire = 5
)

// Next takes the first field off a message of a checked request that is not
// empty. Bytes holds what is length-delimited, and bits everything else.
func Next(message []byte) (number int32, bits uint64, bytes, rest []byte) {
	tag, b := uvarint(message)
	number = int32(tag >> 3)
	switch Wire(tag & 7) {
	case Varint:
		bits, b = uvarint(b)
	case Fixed64:
		bits, b = binary.LittleEndian.Uint64(b), b[8:]
	case Fixed32:
		bits, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
	case Bytes:
		var n uint64
		n, b = uvarint(b)
		bytes, b = b[:n:n], b[n:]
	}
	return number, bits, bytes, b
}

// AppendBytes appends a field that is length-delimited.
func AppendBytes(b []byte, number int32, content []byte) []byte {
	b = binary.AppendUvarint(b, uint64(number)<<3|uint64(Bytes)) //nolint:gosec // numbers are positive
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}

// uvarint reads a varint that is whole. The bits beyond 64 that its tenth byte
// may have are dropped, as pdata does.
func uvarint(b []byte) (uint64, []byte) {
	if b[0] < 0x80 {
		return uint64(b[0]), b[1:]
	}
	n := uint64(b[0] & 0x7f)
	for i, shift := 1, 7; ; i, shift = i+1, shift+7 {
		n |= uint64(b[i]&0x7f) << shift
		if b[i] < 0x80 {
			return n, b[i+1:]
		}
	}
}

// maxVarint is the longest varint.
const maxVarint = 10
