#pragma once

#include <string>

namespace crosspoint::testing {

// Whether the parsers of others are installed; says loudly when not, so that a test may skip.
bool HaveIcsReaders();

// What python3-icalendar and python3-vobject, which must agree, read in an iCalendar file: JSON, as read_ics.py beside
// this file prints it. Empty, and a failed test, when either refuses the file.
std::string ReadIcsByOthers(const std::string& ics);

}  // namespace crosspoint::testing
