#include "exchange_sim/moment.h"

#include <chrono>
#include <random>

#include "exchange_sim/ids.h"

namespace crosspoint::exchange_sim {
namespace {

thread_local std::optional<Moment> current;

}  // namespace

InMoment::InMoment(const Moment& moment) : before_(current) { current = moment; }
InMoment::~InMoment() { current = before_; }

Seconds Now() {
  if (current) return current->now;
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

uint64_t RandomNumber() {
  if (current) return NextRandom(current->random);
  thread_local std::random_device device;
  return uint64_t{device()} << 32 | device();
}

Moment Moment::Fresh() { return {Now(), RandomNumber()}; }

}  // namespace crosspoint::exchange_sim
