#include "contact/app/shelf.h"

#include <charconv>

#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kChangesPerRead = 1'000;

}  // namespace

std::string WatchPosition::Token() const { return epoch + "." + std::to_string(revision); }

absl::StatusOr<WatchPosition> WatchPosition::Parse(const std::string& token) {
  WatchPosition position;
  if (token.empty()) return position;
  const auto dot = token.rfind('.');
  if (dot != std::string::npos && dot > 0 && token.size() <= 128) {
    position.epoch = token.substr(0, dot);
    const char* end = token.data() + token.size();
    const auto [parsed, error] = std::from_chars(token.data() + dot + 1, end, position.revision);
    if (error == std::errc() && parsed == end) return position;
  }
  return InvalidField("resume_token", "must be one that an earlier stream gave, or empty");
}

Shelf::BookPtr Shelf::Take(const UserId& owner) {
  const std::lock_guard lock(mu_);
  auto& place = places_[owner];
  if (place.book == nullptr) {
    place.book = std::make_shared<Book>();
    by_age_.push_front(owner);
    place.age = by_age_.begin();
  } else {
    by_age_.splice(by_age_.begin(), by_age_, place.age);
  }
  const auto book = place.book;
  auto oldest = by_age_.end();
  while (by_age_.size() > options_.max_books && oldest != by_age_.begin()) {
    --oldest;
    const auto at = places_.find(*oldest);
    if (at->second.watchers > 0 || at->second.book == book) continue;
    places_.erase(at);
    oldest = by_age_.erase(oldest);
  }
  return book;
}

Shelf::BookPtr Shelf::Peek(const UserId& owner) const {
  const std::lock_guard lock(mu_);
  const auto at = places_.find(owner);
  return at == places_.end() ? nullptr : at->second.book;
}

bool Shelf::Has(const UserId& owner) const { return Peek(owner) != nullptr; }

size_t Shelf::books() const {
  const std::lock_guard lock(mu_);
  return places_.size();
}

std::vector<UserId> Shelf::Watched() const {
  const std::lock_guard lock(mu_);
  std::vector<UserId> watched;
  for (const auto& [owner, place] : places_) {
    if (place.watchers > 0) watched.push_back(owner);
  }
  return watched;
}

absl::Status Shelf::RefreshBook(const UserId& owner, Book& book, Deadline deadline) {
  const std::lock_guard refreshing(book.refreshing);
  std::vector<std::function<void()>> listeners;
  bool complete = false;
  while (!complete) {
    std::string epoch;
    uint64_t revision = 0;
    {
      const std::lock_guard lock(book.mu);
      epoch = book.epoch;
      revision = book.contacts.revision();
    }
    const auto asked_at = std::chrono::steady_clock::now();
    CROSSPOINT_ASSIGN_OR_RETURN(auto changes, store_.ReadChanges(owner, epoch, revision, kChangesPerRead, deadline));
    complete = changes.complete;
    const std::lock_guard lock(book.mu);
    const bool news = !changes.contacts.empty() || changes.restart || (complete && !book.loaded);
    if (changes.restart) book.contacts.Clear();
    book.epoch = changes.epoch;
    book.floor = changes.floor;
    for (auto& contact : changes.contacts) book.contacts.Apply(std::move(contact));
    // A book that begins anew is no book until it is complete: a number may be on its last page.
    book.loaded = complete || (book.loaded && !changes.restart);
    if (complete) book.checked_at = asked_at;
    if (news) {
      listeners.clear();
      for (const auto& [id, listener] : book.listeners) listeners.push_back(listener);
    }
  }
  for (const auto& listener : listeners) listener();
  return absl::OkStatus();
}

absl::Status Shelf::Read(const UserId& owner, Need need, Deadline deadline,
                         const std::function<void(const ContactBook&)>& read) {
  const auto book = Take(owner);
  if (need == Need::kRecent) {
    const std::lock_guard lock(book->mu);
    if (book->loaded && std::chrono::steady_clock::now() - book->checked_at <= options_.recent) {
      read(book->contacts);
      return absl::OkStatus();
    }
  }
  const auto refreshed = RefreshBook(owner, *book, deadline);
  const std::lock_guard lock(book->mu);
  if (!refreshed.ok()) {
    if (need == Need::kLatest || !book->loaded) return refreshed;
    log_.Warn("contacts_read_from_memory", {{"user", owner.Name()}, {"error", MessageOf(refreshed)}});
  }
  read(book->contacts);
  return absl::OkStatus();
}

absl::Status Shelf::Refresh(const UserId& owner, Deadline deadline) {
  const auto book = Peek(owner);
  return book == nullptr ? absl::OkStatus() : RefreshBook(owner, *book, deadline);
}

Shelf::News Shelf::ReadNews(const UserId& owner, WatchPosition& position, size_t limit) {
  News news;
  const auto book = Peek(owner);
  if (book == nullptr) return news;
  const std::lock_guard lock(book->mu);
  if (!book->loaded) return news;
  // Deletions below the floor are forgotten: a watcher that stands there cannot be told of them. One ahead of us comes
  // from a replica that has read more: we shall get there.
  const bool begins = position.epoch != book->epoch || (position.revision != 0 && position.revision < book->floor);
  if (begins) {
    news.gap = !position.epoch.empty();
    position = {book->epoch, 0};
  }
  auto changes = book->contacts.ChangesSince(position.revision, limit);
  news.contacts = std::move(changes.contacts);
  news.complete = changes.complete;
  position.revision = changes.revision;
  return news;
}

std::unique_ptr<Shelf::Subscription> Shelf::Subscribe(const UserId& owner, std::function<void()> listener) {
  auto book = Take(owner);
  uint64_t id = 0;
  {
    const std::lock_guard lock(mu_);
    // Taken off meanwhile by others who needed the room: it comes back.
    auto& place = places_[owner];
    if (place.book == nullptr) {
      place.book = book;
      by_age_.push_front(owner);
      place.age = by_age_.begin();
    }
    book = place.book;
    ++place.watchers;
    id = next_listener_++;
  }
  {
    const std::lock_guard lock(book->mu);
    book->listeners.emplace(id, std::move(listener));
  }
  return std::make_unique<Subscription>(*this, owner, std::move(book), id);
}

void Shelf::DropSubscription(const UserId& owner, const BookPtr& book, uint64_t id) {
  {
    const std::lock_guard lock(book->mu);
    book->listeners.erase(id);
  }
  const std::lock_guard lock(mu_);
  if (const auto at = places_.find(owner); at != places_.end()) --at->second.watchers;
}

}  // namespace crosspoint::contact
