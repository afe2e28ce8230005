// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.uber.org/zap"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/otelcol-usage/otelcol-usage/internal/aside"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// paths are OTLP's by signal.
var paths = [usage.NumSignals]string{usage.Logs: "/v1/logs", usage.Traces: "/v1/traces", usage.Metrics: "/v1/metrics"}

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

func (r *otlpReceiver) startHTTP(ctx context.Context, host component.Host) error {
	if !r.config.Protocols.HTTP.HasValue() {
		return nil
	}
	mux := http.NewServeMux()
	for signal, path := range paths {
		if r.receives(usage.Signal(signal)) {
			mux.Handle("POST "+path, r.handler(usage.Signal(signal)))
		}
	}
	config := r.config.Protocols.HTTP.Get()
	server, err := config.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings, mux, confighttp.WithErrorHandler(refuseHTTP))
	if err != nil {
		return err
	}
	listener, err := config.ToListener(ctx)
	if err != nil {
		return err
	}
	server.Handler = r.turns.inTurn(server.Handler)
	r.http = server
	r.settings.Logger.Info("Starting HTTP server", zap.String("endpoint", listener.Addr().String()))
	r.serving.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
	return nil
}

func (r *otlpReceiver) handler(signal usage.Signal) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		json, ok := isJSON(req)
		if !ok {
			http.Error(w, "415: the content type is neither "+protobufType+" nor "+jsonType, http.StatusUnsupportedMediaType)
			return
		}
		q := &request{signal: signal, json: json, hold: &hold{share: r.share}}
		defer q.hold.release()
		a, err := r.serve(req, q)
		if err != nil {
			writeStatus(w, json, statusOf(err))
			return
		}
		body, err := a.encode(signal, json)
		if err != nil {
			writeStatus(w, json, statusOf(err))
			return
		}
		write(w, json, http.StatusOK, body)
	}
}

func isJSON(req *http.Request) (json, ok bool) {
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return kind == jsonType, err == nil && (kind == jsonType || kind == protobufType)
}

func (r *otlpReceiver) serve(req *http.Request, q *request) (answer, error) {
	if err := r.readBody(req, q); err != nil {
		return answer{}, err
	}
	return r.take(req.Context(), r.reports.http, q)
}

const (
	// firstRead is room for most requests. It is not held against the share:
	// so much any connection takes.
	firstRead = 64 << 10
	// readAtOnce is how much is inflated before others have their turn.
	readAtOnce = 32 << 10
	// firstLook is how much of a request is there when it is first looked at:
	// reading on would take more than looking.
	firstLook = 256 << 10
)

// readBody reads the body, of which nobody knows how long it is before it is
// decompressed. Each time that it proves to be twice as long, what is there is
// looked at, and there must be memory for it.
func (r *otlpReceiver) readBody(req *http.Request, q *request) error {
	room := int64(firstRead)
	if n := req.ContentLength; 0 <= n && n < room {
		room = n + 1 // for the end to be seen
	}
	body := make([]byte, 0, room)
	turn := turnOf(req.Context())
	var worker aside.Worker
	defer turn.giveBack()
	for {
		if len(body) >= firstRead {
			turn.next()
			worker.Aside()
		}
		n, err := req.Body.Read(body[len(body):min(len(body)+readAtOnce, cap(body))])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			q.body = body
			return nil
		case err != nil:
			return unread(err)
		case len(body) < cap(body):
			continue
		}
		turn.giveBack()
		if err := r.look(q, body); err != nil {
			return err
		}
		if err := q.hold.resize(int64(3 * cap(body))); err != nil { // the old and the new one
			return err
		}
		grown := make([]byte, len(body), 2*cap(body))
		copy(grown, body)
		body = grown
	}
}

// look refuses what is beyond limits before the rest of it is read.
func (r *otlpReceiver) look(q *request, beginning []byte) error {
	if len(beginning) < firstLook {
		return nil
	}
	defer r.turns.take(len(beginning))()
	var err error
	if q.json {
		_, err = otlp.CheckJSON(beginning, r.asideOf(beginning))
	} else {
		err = otlp.CheckSoFar(q.signal, beginning, r.asideOf(beginning))
	}
	if err != nil {
		return invalid("%s", err)
	}
	return nil
}

// unread is why a body cannot be read: it is too long, it is not what its
// encoding says, or its sender is too slow.
func unread(err error) error {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return invalid("the body has more than %d bytes when it is decompressed (protocols::http::max_request_body_size): send smaller batches, or raise it", tooLong.Limit)
	}
	return invalid("read the body: %s", err)
}

// refuseHTTP answers for confighttp, in OTLP's form.
func refuseHTTP(w http.ResponseWriter, req *http.Request, message string, code int) {
	json, ok := isJSON(req)
	write(w, json || !ok, code, encodeStatus(status.New(codeOf(code), message), json || !ok))
}

// codeOf is what OTLP calls a refusal of HTTP.
func codeOf(code int) codes.Code {
	switch code {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	}
	return codes.Unknown
}

// writeStatus answers with an error: by the code senders know whether to send
// the same again.
func writeStatus(w http.ResponseWriter, json bool, s *status.Status) {
	code := http.StatusInternalServerError
	switch s.Code() {
	case codes.InvalidArgument:
		code = http.StatusBadRequest
	case codes.Unauthenticated:
		code = http.StatusUnauthorized
	case codes.PermissionDenied:
		code = http.StatusForbidden
	case codes.Unimplemented:
		code = http.StatusNotFound
	case codes.ResourceExhausted:
		code = http.StatusTooManyRequests
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss:
		code = http.StatusServiceUnavailable
	default: // nothing that a sender could mend
	}
	for _, detail := range s.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			seconds := retry.GetRetryDelay().AsDuration() / time.Second
			w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
		}
	}
	write(w, json, code, encodeStatus(s, json))
}

func encodeStatus(s *status.Status, json bool) []byte {
	marshal := proto.Marshal
	if json {
		marshal = protojson.Marshal
	}
	body, err := marshal(s.Proto())
	if err != nil {
		return nil // the code has said it
	}
	return body
}

func write(w http.ResponseWriter, json bool, code int, body []byte) {
	kind := protobufType
	if json {
		kind = jsonType
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(code)
	_, _ = w.Write(body) //nolint:gosec // who has gone needs no answer; it is no page, by its type
}
