#include "common/tasks/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace crosspoint {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TaskPool, RunsDueTasksBeforeLaterOnes) {
  TaskPool pool(1);
  std::promise<void> done;
  std::vector<int> order;
  std::promise<void> gate;
  pool.Post([future = std::make_shared<std::future<void>>(gate.get_future())] { future->wait(); });
  pool.PostAfter(milliseconds{20}, [&] {
    order.push_back(2);
    done.set_value();
  });
  pool.Post([&] { order.push_back(1); });
  gate.set_value();
  ASSERT_EQ(done.get_future().wait_for(seconds{5}), std::future_status::ready);
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(TaskPool, StopDropsWhatWaits) {
  std::atomic<int> runs{0};
  TaskPool pool(2);
  pool.PostAfter(hours{1}, [&] { ++runs; });
  pool.Stop();
  pool.Post([&] { ++runs; });
  EXPECT_EQ(runs, 0);
}

TEST(TaskPool, TasksMayPostTasks) {
  TaskPool pool(2);
  std::promise<void> done;
  pool.Post([&] { pool.Post([&] { done.set_value(); }); });
  EXPECT_EQ(done.get_future().wait_for(seconds{5}), std::future_status::ready);
}

}  // namespace
}  // namespace crosspoint
