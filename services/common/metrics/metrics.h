#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace crosspoint::metrics {

// One time series each; live as long as the registry. Thread-safe.
class Counter {
 public:
  explicit Counter(prometheus::Counter& series) : series_(series) {}
  void Increment(double by = 1);
  double value() const;

 private:
  prometheus::Counter& series_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& series) : series_(series) {}
  void Set(double value);
  void Add(double by);
  double value() const;

 private:
  prometheus::Gauge& series_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& series) : series_(series) {}
  void Observe(double value);

 private:
  prometheus::Histogram& series_;
};

// A label and all values it can take. There are few: never a user, a number or anything a caller chooses. Without
// values, they are told later by Family::Declare.
struct Label {
  std::string name;
  std::vector<std::string> values;
};

// From half a millisecond to 30 seconds: for calls.
std::vector<double> LatencyBuckets();

// The series of one metric, one for each combination of label values; all exist at zero from the start. Thread-safe.
template <class Series>
class Family {
 public:
  ~Family();
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  // The series of these label values, in the order of the labels. A value that was not declared counts as "other", so
  // that a new error code cannot grow the set without bound. Hold on to the reference in hot paths.
  Series& With(std::initializer_list<std::string_view> values);

  // One more value of a label; its series exist at zero from here on.
  void Declare(std::string_view label, std::string_view value);

 private:
  friend class Registry;
  struct State;
  explicit Family(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

extern template class Family<Counter>;
extern template class Family<Gauge>;
extern template class Family<Histogram>;

// All metrics of a process. Names are crosspoint_<service>_<thing>_<unit>, `_total` on counters only. A name against
// the rules or registered twice is a bug and stops the process. Thread-safe.
//
//   auto& deposits = registry.Counters("crosspoint_voicemail_deposits_total", "Messages left by callers",
//                                      {{"result", {"ok", "refused"}}});
//   deposits.With({"ok"}).Increment();
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& AddCounter(std::string_view name, std::string_view help);
  Gauge& AddGauge(std::string_view name, std::string_view help);
  Histogram& AddHistogram(std::string_view name, std::string_view help, std::vector<double> buckets = LatencyBuckets());
  // A gauge whose value is asked for whenever somebody reads the metrics. `read` must not block, and what it uses must
  // outlive the last Exposition(): everything built by App::Make does.
  void AddReadGauge(std::string_view name, std::string_view help, std::function<double()> read);
  // The same for a total counted elsewhere; it must never fall.
  void AddReadCounter(std::string_view name, std::string_view help, std::function<double()> read);

  Family<Counter>& Counters(std::string_view name, std::string_view help, std::vector<Label> labels);
  Family<Gauge>& Gauges(std::string_view name, std::string_view help, std::vector<Label> labels);
  Family<Histogram>& Histograms(std::string_view name, std::string_view help, std::vector<Label> labels,
                                std::vector<double> buckets = LatencyBuckets());

  // Prometheus text exposition, version 0.0.4.
  std::string Exposition() const;

  // "crosspoint_voicemail_deposits_total{result}", sorted: what golden tests compare.
  std::vector<std::string> names() const;

 private:
  struct State;
  template <class Series, class Make>
  Family<Series>& AddFamily(std::string_view name, std::vector<Label> labels, Make make);
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::metrics
