#pragma once

#include "tests/story/stage.h"

namespace crosspoint::story {

// The chapters, in the order they are told. Each prints its steps; false when one failed, and the story ends there.

// Everything starts; users are imported.
bool TellTheBeginning(Stage& stage);
// One search merges two directories; a picture.
bool TellOfSearch(Stage& stage);
// An invitation is prepared, sent from the mailbox, listed with its conference, changed in the mailbox, and takes
// effect for every watcher at its start and end.
bool TellOfAMeeting(Stage& stage);
// A message is left, lies in the mailbox too, is deleted there, and the lamp goes off.
bool TellOfVoicemail(Stage& stage);
// Contacts are uploaded; a number finds a name.
bool TellOfContacts(Stage& stage);
// A call from a contact card reaches the desk phone.
bool TellOfACall(Stage& stage);

}  // namespace crosspoint::story
