package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

const (
	// mqttLongest is what T01 firmware publishes at most, in bytes (ST's release notes).
	mqttLongest = 1470
	// mqttRoom is what it has for messages that wait, in bytes: a longer one does not get through.
	mqttRoom = 3072
	// mqttReady is how long the broker may take to give the module its first message, and mqttProbe how far the messages are
	// apart that wait for it.
	mqttReady = 10 * time.Second
	mqttProbe = 100 * time.Millisecond
)

// mqtt sends publications through a broker: the module publishes (tx) and a client of this host subscribes, or the reverse
// (rx). Both ends have this host's clock.
type mqtt struct {
	scenarios.Workload
	deliver
	topic  string
	pace   *pacer
	host   *peer.MQTT
	came   chan struct{} // a message has come from the module
	stages *stages
	wait   time.Duration // for the module to have room
	on     bool          // the module's client was told to connect
}

func newMQTT(w scenarios.Workload, seed uint64) *mqtt {
	series := "delay_up"
	if w.Direction == "rx" {
		series = "delay_down"
	}
	return &mqtt{Workload: w, deliver: newDeliver(seed, w.Length, series), pace: newPacer(w, seed), came: make(chan struct{}, 1)}
}

// Prepare connects both ends to the broker, the receiving one subscribed.
func (w *mqtt) Prepare(ctx context.Context, r *Rig) error {
	if _, err := brokerOptions(r); err != nil {
		return err
	}
	name := r.Module.Unit()
	w.topic = fmt.Sprintf("st67/%s/%x", name, uint32(w.stream.Seed))
	var err error
	if w.host, err = peer.DialMQTT(ctx, *r.Broker, "st67host-"+name); err != nil {
		return err
	}
	if w.Direction == "tx" {
		if err := w.host.Subscribe(ctx, w.topic, w.QoS, w.checker.Feed); err != nil {
			return err
		}
	}
	if err := w.connect(ctx, r, "st67-"+name); err != nil {
		return err
	}
	if w.Direction == "rx" {
		return w.subscribe(ctx, r)
	}
	return nil
}

// connect connects the module.
func (w *mqtt) connect(ctx context.Context, r *Rig, id string) error {
	o, err := brokerOptions(r)
	if err != nil {
		return err
	}
	o.ClientID = id
	w.on = true
	return r.Module.MQTTConnect(ctx, o)
}

// brokerOptions are how the module reaches the rig's broker.
func brokerOptions(r *Rig) (o st67.MQTTOptions, err error) {
	if r.Broker == nil {
		return o, fmt.Errorf("%w use MQTT: it has no broker (mqtt: in the rig file)", ErrCannot)
	}
	host, port, err := net.SplitHostPort(r.Broker.Address)
	if err != nil {
		return o, fmt.Errorf("the MQTT broker: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return o, fmt.Errorf("the MQTT broker: port %q is no number", port)
	}
	return st67.MQTTOptions{Host: host, Port: number, Username: r.Broker.Username, Password: r.Broker.Password, TLS: r.Broker.TLS}, nil
}

// subscribe subscribes the module. Its OK does not say that the broker has agreed: a message to a second topic, to which it
// subscribes after the first, does when it comes.
func (w *mqtt) subscribe(ctx context.Context, r *Rig) error {
	r.Module.OnMQTT(func(topic string, p []byte, t time.Time) {
		if topic == w.topic {
			w.checker.Feed(p, t)
		}
		select {
		case w.came <- struct{}{}:
		default:
		}
	})
	probe := w.topic + "/ready"
	for _, topic := range []string{w.topic, probe} {
		if err := r.Module.MQTTSubscribe(ctx, topic, w.QoS); err != nil {
			return refused(err)
		}
	}
	for by := time.Now().Add(mqttReady); time.Now().Before(by); {
		if err := w.host.Publish(probe, 0, []byte("ready")); err != nil {
			return err
		}
		came, err := w.arrived(ctx, mqttProbe)
		if came || err != nil {
			return err
		}
	}
	return fmt.Errorf("the module subscribed to %s at the MQTT broker %s and got no message within %v", w.topic, r.Broker.Address, mqttReady)
}

// arrived waits for a message that the module gives.
func (w *mqtt) arrived(ctx context.Context, d time.Duration) (bool, error) {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-w.came:
		return true, nil
	case <-late.C:
		return false, w.host.Err()
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// Run publishes until the first stop unit is reached.
func (w *mqtt) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	w.stages = newStages(r.Link, w.Length)
	one := w.publish
	if w.Direction == "rx" {
		one = w.give
	}
	err := w.events(ctx, r, rec, one)
	if errors.Is(err, errRefused) {
		return err
	}
	w.drain(ctx, rec)
	w.metrics(r, rec)
	if err == nil {
		err = w.host.Err()
	}
	if err != nil {
		return err
	}
	if w.Direction == "rx" && w.Length > mqttRoom && w.checker.Report().Blocks == 0 {
		return fmt.Errorf("none of %d messages arrived: T01 firmware has %d B for what waits, and a message of %d B never fits; a shorter length", w.n, mqttRoom, w.Length)
	}
	return w.longEnough()
}

// events begins each publication when it is due.
func (w *mqtt) events(ctx context.Context, r *Rig, rec *Recorder, one func(context.Context, *Rig, *Recorder, time.Time) error) error {
	begin := time.Now()
	w.pace.start(begin, w.Duration)
	for {
		due, more := w.pace.next(time.Now())
		if !more {
			return nil
		}
		if err := w.pace.wait(ctx, due); err != nil {
			return err
		}
		w.pace.begun(due, time.Now())
		if err := one(ctx, r, rec, due); err != nil {
			return err
		}
		w.arrivals(rec)
		now := time.Now()
		rec.Moved(w.offset())
		rec.Progress(now, share(w.Workload, now.Sub(begin).Seconds(), w.offset(), w.n))
		if w.Sends > 0 && w.n >= w.Sends || w.Total > 0 && w.offset() >= w.Total {
			return nil
		}
	}
}

// publish is one publication of the module, which is tried again until its client has room for it.
func (w *mqtt) publish(ctx context.Context, r *Rig, rec *Recorder, due time.Time) error {
	began, before := time.Now(), w.retries
	for {
		resp, err := r.Module.MQTTPublish(ctx, w.topic, w.next(), w.QoS, false)
		switch {
		case err == nil:
			if w.retries > before {
				w.wait += resp.Sent.Sub(began)
			}
			if w.retries > before || w.pace.open() {
				w.stages.end = time.Time{} // the time since the last one is not the host's
			}
			w.sent(due)
			w.stages.add(rec, resp)
			return nil
		case st67.SendFailed(err) && w.n == 0 && w.Length > mqttLongest:
			return fmt.Errorf("%w: SEND FAIL: T01 firmware publishes at most %d B (ST's release notes)", errRefused, mqttLongest)
		case !st67.SendFailed(err) || time.Since(began) > fullTime:
			return w.failed("publication", err)
		}
		w.retries++
	}
}

// give is one publication of the host. In a closed loop the next one waits until the module has given it, or it is lost.
func (w *mqtt) give(ctx context.Context, _ *Rig, _ *Recorder, due time.Time) error {
	select {
	case <-w.came: // of an earlier one
	default:
	}
	payload := make([]byte, w.Length) // the client keeps it until it is acknowledged
	copy(payload, w.next())
	if err := w.host.Publish(w.topic, w.QoS, payload); err != nil {
		return err
	}
	w.sent(due)
	if w.pace.open() {
		return nil
	}
	_, err := w.arrived(ctx, settle)
	return err
}

// metrics are those of the messages, and where the time of the module's publications goes.
func (w *mqtt) metrics(r *Rig, rec *Recorder) {
	w.deliver.metrics(rec)
	if w.pace.open() {
		rec.Metric("late", float64(w.pace.late))
		rec.Metric("dropped", float64(w.pace.dropped))
	}
	toModule, fromModule := st67.PublishExchange(w.topic, w.Length, w.QoS)
	if w.Direction == "rx" {
		toModule, fromModule = nil, st67.MessageExchange(w.topic, w.Length)
	} else if w.stages.metrics(rec); w.n > 0 {
		rec.Metric("stage_wait", w.wait.Seconds()/float64(w.n))
	}
	line, known := r.Link.LineTime(toModule, fromModule)
	w.ceiling(rec, line, known)
}

// Conclude ends both connections to the broker.
func (w *mqtt) Conclude(ctx context.Context, r *Rig) error {
	r.Module.OnMQTT(nil)
	var err error
	if w.on {
		err = r.Module.MQTTClose(ctx)
	}
	if w.host != nil {
		err = errors.Join(err, w.host.Close())
	}
	return err
}
