#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "contact/app/ports.h"
#include "contact/domain/contact_book.h"

namespace crosspoint::contact {

// Where a watcher of a user's contacts stands.
struct WatchPosition {
  std::string epoch;  // empty: nothing read yet
  uint64_t revision = 0;

  // "<epoch>.<revision>"; kInvalidArgument for anything else.
  std::string Token() const;
  static absl::StatusOr<WatchPosition> Parse(const std::string& token);
};

// The books of the users asked for lately, in memory and kept equal to the store. Thread-safe.
class Shelf {
 public:
  struct Options {
    size_t max_books = 2'000;                 // watched ones besides
    std::chrono::milliseconds recent{2'000};  // how old a book may be that only the latest need not be
  };
  Shelf(ContactStore& store, log::Logger& log, Options options) : store_(store), log_(log), options_(options) {}

  // How current a reader wants the book.
  enum class Need {
    kLatest,  // everything acknowledged before the call; asks the store
    kRecent,  // checked within `recent`; when the store is away, whatever is known
  };
  // Runs `read` on the owner's book, which must not wait.
  absl::Status Read(const UserId& owner, Need need, Deadline deadline,
                    const std::function<void(const ContactBook&)>& read);
  // Brings the book up to date if it is on the shelf, and tells its watchers. May wait for the store.
  absl::Status Refresh(const UserId& owner, Deadline deadline);

  // What a watcher at `position` lacks, and moves `position` behind it. `gap` is set when the watcher must forget what
  // it knows. Needs a Subscription.
  struct News {
    std::vector<Contact> contacts;
    bool gap = false;
    bool complete = false;
  };
  News ReadNews(const UserId& owner, WatchPosition& position, size_t limit);

  // Keeps the book on the shelf. `listener` runs after each change, on the thread that found it, until the subscription
  // is dropped; it may run once more while that happens. It must not wait or call Subscribe.
  class Subscription;
  std::unique_ptr<Subscription> Subscribe(const UserId& owner, std::function<void()> listener);

  bool Has(const UserId& owner) const;
  std::vector<UserId> Watched() const;
  size_t books() const;

 private:
  struct Book {
    std::mutex refreshing;  // one reader of the store at a time; taken before `mu`
    std::mutex mu;
    ContactBook contacts;                                 // guarded by mu
    std::string epoch;                                    // guarded by mu
    uint64_t floor = 0;                                   // guarded by mu
    bool loaded = false;                                  // guarded by mu
    std::chrono::steady_clock::time_point checked_at{};   // guarded by mu
    std::map<uint64_t, std::function<void()>> listeners;  // guarded by mu
  };
  // Shared: a reader may hold a book that leaves the shelf meanwhile.
  using BookPtr = std::shared_ptr<Book>;

  BookPtr Take(const UserId& owner);
  BookPtr Peek(const UserId& owner) const;
  absl::Status RefreshBook(const UserId& owner, Book& book, Deadline deadline);
  void DropSubscription(const UserId& owner, const BookPtr& book, uint64_t id);

  ContactStore& store_;
  log::Logger& log_;
  const Options options_;
  struct Place {
    BookPtr book;
    std::list<UserId>::iterator age;
    int watchers = 0;
  };
  mutable std::mutex mu_;
  std::unordered_map<UserId, Place> places_;  // guarded by mu_
  std::list<UserId> by_age_;                  // guarded by mu_; the latest first
  uint64_t next_listener_ = 1;                // guarded by mu_
};

class Shelf::Subscription {
 public:
  Subscription(Shelf& shelf, UserId owner, BookPtr book, uint64_t id)
      : shelf_(shelf), owner_(std::move(owner)), book_(std::move(book)), id_(id) {}
  ~Subscription() { shelf_.DropSubscription(owner_, book_, id_); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  Shelf& shelf_;
  const UserId owner_;
  const BookPtr book_;  // shared with the shelf and its readers
  const uint64_t id_;
};

}  // namespace crosspoint::contact
