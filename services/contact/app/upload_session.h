#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contact/app/contacts.h"

namespace crosspoint::contact {

// One stream of an upload: takes the changes one by one, makes them safe in batches, and ends with what the upload as a
// whole has done. Dropped before Finish, what was made safe stays and the upload can go on from there. Not thread-safe.
class UploadSession {
 public:
  struct Header {
    UserId owner;
    Source source = Source::kOutlook;
    std::string upload_id;
    bool replace_all = false;
    int64_t first_change = 0;
  };
  //   kInvalidArgument     UPLOAD_ID_REUSED: that id came with another source or replace_all
  //   kInvalidArgument     first_change is neither 0 nor where the upload stands
  static absl::StatusOr<std::unique_ptr<UploadSession>> Begin(Contacts& contacts, Header header, Deadline deadline);

  // `bytes` are those of the change as it came. When it cannot be used, `refusal` says why.
  absl::Status Add(Contacts::Change change, std::string_view bytes, const absl::Status& refusal, Deadline deadline);
  //   kInvalidArgument  UPLOAD_ID_REUSED: the id came with other changes before
  absl::StatusOr<Upload> Finish(Deadline deadline);

  int64_t next_change() const { return next_; }

 private:
  UploadSession(Contacts& contacts, Header header, Upload known);
  absl::Status Flush(Deadline deadline);
  absl::Status RemoveUnnamed(Deadline deadline);
  UploadStep NextStep() const;

  Contacts& contacts_;
  const Header header_;
  Upload known_;      // as the store has it
  int64_t next_ = 0;  // number of the next change
  std::string digest_;
  UploadStep step_;  // not yet safe
  size_t step_bytes_ = 0;
};

}  // namespace crosspoint::contact
