#include "common/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "common/metrics/metric_name.h"

namespace crosspoint::metrics {
namespace {

constexpr std::string_view kOther = "other";

enum class Kind { kTotal, kOther };

[[noreturn]] void Bug(std::string_view name, std::string_view what) {
  std::fprintf(stderr, "bug: metric %s: %s\n", std::string(name).c_str(), std::string(what).c_str());
  std::abort();
}

std::vector<std::string> Sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

void Counter::Increment(double by) { series_.Increment(by); }
double Counter::value() const { return series_.Value(); }
void Gauge::Set(double value) { series_.Set(value); }
void Gauge::Add(double by) { series_.Increment(by); }
double Gauge::value() const { return series_.Value(); }
void Histogram::Observe(double value) { series_.Observe(value); }

std::vector<double> LatencyBuckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

template <class Series>
struct Family<Series>::State {
  using Values = std::vector<std::string>;
  using MakeSeries = std::function<Series(const std::map<std::string, std::string>&)>;

  // Makes the series of all combinations that begin with `values`. Under mu, or before anybody else has the family.
  void MakeAll(Values& values) {
    if (values.size() == labels.size()) {
      Find(values);
      return;
    }
    for (const auto& value : labels[values.size()].values) {
      values.push_back(value);
      MakeAll(values);
      values.pop_back();
    }
  }

  Series& Find(const Values& values) {
    if (const auto known = series.find(values); known != series.end()) return known->second;
    std::map<std::string, std::string> pairs;
    for (size_t i = 0; i < labels.size(); ++i) pairs.emplace(labels[i].name, values[i]);
    return series.emplace(values, make(pairs)).first->second;
  }

  // `values` with everything undeclared as "other".
  Values Bounded(const Values& values) const {
    Values bounded;
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto& known = labels[i].values;
      const bool declared = std::find(known.begin(), known.end(), values[i]) != known.end();
      bounded.push_back(declared ? values[i] : std::string(kOther));
    }
    return bounded;
  }

  std::string name;
  MakeSeries make;
  std::shared_mutex mu;
  std::vector<Label> labels;        // guarded by mu
  std::map<Values, Series> series;  // guarded by mu; its nodes stay where they are
};

template <class Series>
Family<Series>::Family(std::unique_ptr<State> state) : state_(std::move(state)) {}
template <class Series>
Family<Series>::~Family() = default;

template <class Series>
Series& Family<Series>::With(std::initializer_list<std::string_view> values) {
  const typename State::Values wanted(values.begin(), values.end());
  {
    const std::shared_lock lock(state_->mu);
    if (const auto known = state_->series.find(wanted); known != state_->series.end()) return known->second;
  }
  const std::unique_lock lock(state_->mu);
  if (wanted.size() != state_->labels.size()) Bug(state_->name, "wrong number of label values");
  return state_->Find(state_->Bounded(wanted));
}

template <class Series>
void Family<Series>::Declare(std::string_view label, std::string_view value) {
  const std::unique_lock lock(state_->mu);
  for (auto& known : state_->labels) {
    if (known.name != label) continue;
    if (std::find(known.values.begin(), known.values.end(), value) == known.values.end())
      known.values.emplace_back(value);
    typename State::Values values;
    state_->MakeAll(values);
    return;
  }
  Bug(state_->name, "has no label " + std::string(label));
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

struct Registry::State {
  void Claim(std::string_view name, Kind kind, const std::vector<Label>& labels) {
    const auto objection = ObjectionToName(name, kind == Kind::kTotal);
    if (!objection.empty()) Bug(name, objection);
    std::string full(name);
    for (const auto& label : labels) {
      full += (&label == &labels.front() ? "{" : ",") + label.name;
    }
    if (!labels.empty()) full += "}";
    const std::lock_guard lock(mu);
    if (!claimed.emplace(name).second) Bug(name, "registered twice");
    names.push_back(std::move(full));
  }

  prometheus::Registry registry;
  mutable std::mutex mu;
  std::set<std::string, std::less<>> claimed;   // guarded by mu
  std::vector<std::string> names;               // guarded by mu
  std::list<Counter> counters;                  // guarded by mu; what was handed out by reference
  std::list<Gauge> gauges;                      // guarded by mu
  std::list<Histogram> histograms;              // guarded by mu
  std::vector<std::shared_ptr<void>> families;  // guarded by mu; of three types, hence not unique_ptr
  std::vector<std::function<void()>> readers;   // guarded by mu; bring read metrics up to date
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

template <class Series, class Make>
Family<Series>& Registry::AddFamily(std::string_view name, std::vector<Label> labels, Make make) {
  auto state = std::make_unique<typename Family<Series>::State>();
  state->name = name;
  state->labels = std::move(labels);
  state->make = std::move(make);
  typename Family<Series>::State::Values values;
  state->MakeAll(values);
  std::shared_ptr<Family<Series>> family(new Family<Series>(std::move(state)));
  const std::lock_guard lock(state_->mu);
  state_->families.push_back(family);
  return *family;
}

Counter& Registry::AddCounter(std::string_view name, std::string_view help) {
  state_->Claim(name, Kind::kTotal, {});
  auto& family = prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(state_->registry);
  const std::lock_guard lock(state_->mu);
  return state_->counters.emplace_back(family.Add({}));
}

Gauge& Registry::AddGauge(std::string_view name, std::string_view help) {
  state_->Claim(name, Kind::kOther, {});
  auto& family = prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(state_->registry);
  const std::lock_guard lock(state_->mu);
  return state_->gauges.emplace_back(family.Add({}));
}

Histogram& Registry::AddHistogram(std::string_view name, std::string_view help, std::vector<double> buckets) {
  state_->Claim(name, Kind::kOther, {});
  auto& family =
      prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(state_->registry);
  const std::lock_guard lock(state_->mu);
  return state_->histograms.emplace_back(family.Add({}, buckets));
}

void Registry::AddReadGauge(std::string_view name, std::string_view help, std::function<double()> read) {
  auto& gauge = AddGauge(name, help);
  const std::lock_guard lock(state_->mu);
  state_->readers.emplace_back([&gauge, read = std::move(read)] { gauge.Set(read()); });
}

void Registry::AddReadCounter(std::string_view name, std::string_view help, std::function<double()> read) {
  auto& counter = AddCounter(name, help);
  const std::lock_guard lock(state_->mu);
  state_->readers.emplace_back([&counter, read = std::move(read)] {
    const auto more = read() - counter.value();
    if (more > 0) counter.Increment(more);
  });
}

Family<Counter>& Registry::Counters(std::string_view name, std::string_view help, std::vector<Label> labels) {
  state_->Claim(name, Kind::kTotal, labels);
  auto& family = prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(state_->registry);
  return AddFamily<Counter>(name, std::move(labels),
                            [&family](const auto& pairs) { return Counter(family.Add(pairs)); });
}

Family<Gauge>& Registry::Gauges(std::string_view name, std::string_view help, std::vector<Label> labels) {
  state_->Claim(name, Kind::kOther, labels);
  auto& family = prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(state_->registry);
  return AddFamily<Gauge>(name, std::move(labels), [&family](const auto& pairs) { return Gauge(family.Add(pairs)); });
}

Family<Histogram>& Registry::Histograms(std::string_view name, std::string_view help, std::vector<Label> labels,
                                        std::vector<double> buckets) {
  state_->Claim(name, Kind::kOther, labels);
  auto& family =
      prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(state_->registry);
  return AddFamily<Histogram>(name, std::move(labels), [&family, buckets = std::move(buckets)](const auto& pairs) {
    return Histogram(family.Add(pairs, buckets));
  });
}

std::string Registry::Exposition() const {
  {
    const std::lock_guard lock(state_->mu);
    for (const auto& read : state_->readers) read();
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

std::vector<std::string> Registry::names() const {
  const std::lock_guard lock(state_->mu);
  return Sorted(state_->names);
}

}  // namespace crosspoint::metrics
