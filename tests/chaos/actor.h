#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/stack/stack.h"

namespace crosspoint::chaos {

// What a check found. Things not there yet count as lost until they are.
struct Difference {
  int lost = 0;
  int doubled = 0;
  std::string example;  // for people; empty when equal

  bool equal() const { return lost == 0 && doubled == 0; }
  void Add(const Difference& other) {
    lost += other.lost;
    doubled += other.doubled;
    if (example.empty()) example = other.example;
  }
};

// Somebody who uses the system without pause and remembers what was acknowledged. Act and Check run on one thread each,
// never at the same time.
class Actor {
 public:
  virtual ~Actor() = default;
  virtual std::string name() const = 0;
  // One piece of work, tried until it is answered or `stop` is set. What was left open is taken up by the next call.
  virtual void Act(const std::atomic<bool>& stop) = 0;
  // The system's state against what was acknowledged.
  virtual Difference Check() = 0;
  int64_t acknowledged() const { return acknowledged_; }

 protected:
  std::atomic<int64_t> acknowledged_{0};
};

// What actors share.
class World {
 public:
  World(testing::Stack& stack, int people);

  struct Person {
    std::string name;   // tenants/default/users/…
    std::string email;  // of a mailbox at Exchange
  };
  testing::Stack& stack() { return stack_; }
  const std::vector<Person>& people() const { return people_; }

  // A channel to any replica of a service.
  std::shared_ptr<grpc::Channel> Any(const std::string& service);
  // A context with a short deadline that waits for a connection.
  static std::unique_ptr<grpc::ClientContext> Patient(std::unique_ptr<grpc::ClientContext> context);

 private:
  testing::Stack& stack_;
  std::vector<Person> people_;
};

// A number below `limit`, on any thread.
size_t Below(size_t limit);
std::string NewRequestId();

std::vector<std::unique_ptr<Actor>> MakeActors(World& world);

}  // namespace crosspoint::chaos
