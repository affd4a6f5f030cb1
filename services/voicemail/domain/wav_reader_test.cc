#include "voicemail/domain/wav_reader.h"

#include <gmock/gmock.h>

#include <string>

#include "common/status/status.h"
#include "tests/support/wav.h"

namespace crosspoint::voicemail {
namespace {

using crosspoint::testing::LittleEndian;
using crosspoint::testing::MakeWav;
using crosspoint::testing::WavChunk;
using crosspoint::testing::WavFile;
using crosspoint::testing::WavSample;
using ::testing::HasSubstr;

// How a file fares that comes in pieces of `piece` bytes.
absl::Status Read(const std::string& file, size_t piece = 1'000, WavLimits limits = {}) {
  WavReader reader(limits);
  for (size_t at = 0; at < file.size(); at += piece) {
    CROSSPOINT_RETURN_IF_ERROR(reader.Feed(std::string_view(file).substr(at, piece)));
  }
  return reader.Finish();
}

// Refused as a wrong `audio`, for this reason.
void ExpectRefused(const std::string& file, const std::string& why, WavLimits limits = {}) {
  for (const size_t piece : {size_t{1}, size_t{7}, file.size() + 1}) {
    const auto status = Read(file, piece, limits);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << why;
    EXPECT_THAT(MessageOf(status), HasSubstr(why));
    const auto info = GetErrorInfo(status);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->metadata.at("field"), "audio");
  }
}

TEST(WavReader, TakesWhatTelephoneSystemsRecord) {
  for (const auto& sample : {WavSample{}, WavSample{.bits = 8}, WavSample{.tag = 6, .bits = 8},
                             WavSample{.tag = 7, .bits = 8}, WavSample{.channels = 2, .rate = 48'000}}) {
    for (const size_t piece : {size_t{1}, size_t{64'000}}) {
      const auto file = MakeWav(sample);
      WavReader reader({});
      for (size_t at = 0; at < file.size(); at += piece) {
        ASSERT_TRUE(reader.Feed(std::string_view(file).substr(at, piece)).ok());
      }
      EXPECT_TRUE(reader.Finish().ok()) << reader.Finish();
      EXPECT_EQ(reader.length(), std::chrono::seconds{1});
      EXPECT_EQ(reader.bytes(), static_cast<int64_t>(file.size()));
      EXPECT_EQ(reader.format().sample_rate, sample.rate);
    }
  }
}

TEST(WavReader, SkipsMetadataAroundTheAudioAndReadsExtensibleFormats) {
  const WavSample sample{.bits = 8, .milliseconds = 1'001, .seed = 3};  // of odd length
  const auto extensible = LittleEndian(0xFFFE, 2) + sample.Format().substr(2) + LittleEndian(22, 2) +
                          LittleEndian(8, 2) + LittleEndian(4, 4) + LittleEndian(1, 2) + std::string(14, '\0');
  EXPECT_TRUE(Read(WavFile(WavChunk("LIST", "INFOabc") + WavChunk("fmt ", extensible) + WavChunk("fact", "1234") +
                           WavChunk("data", sample.Data()) + WavChunk("LIST", "x")))
                  .ok());
}

TEST(WavReader, RefusesWhatIsNoWavFile) {
  ExpectRefused("ID3 this is an mp3, of course, and not a WAV file", "RIFF");
  ExpectRefused("RIFX" + MakeWav().substr(4), "RIFF");
  EXPECT_THAT(MessageOf(Read("")), HasSubstr("nothing came"));
  EXPECT_EQ(Read("").code(), absl::StatusCode::kInvalidArgument);
  ExpectRefused("RIFF", "ends inside of its header");
}

TEST(WavReader, RefusesWhatIsCutShort) {
  const auto file = MakeWav({.milliseconds = 100});
  for (const size_t length : {size_t{13}, size_t{30}, size_t{44}, size_t{45}, file.size() - 1}) {
    ExpectRefused(file.substr(0, length), "whole WAV file");
  }
  ExpectRefused(WavFile(WavChunk("fmt ", WavSample{}.Format())), "audio in it");
  ExpectRefused(WavFile(WavChunk("fmt ", WavSample{}.Format()) + WavChunk("data", "")), "whole samples");
  ExpectRefused(WavFile(WavChunk("fmt ", WavSample{}.Format()) + WavChunk("data", "abc")), "whole samples");
}

TEST(WavReader, RefusesWhatIsTooLong) {
  ExpectRefused(MakeWav({.milliseconds = 2'100}), "at most 2 seconds", {.max_length = std::chrono::seconds{2}});
  ExpectRefused(MakeWav(), "at most 9000 bytes", {.max_bytes = 9'000});
  ExpectRefused(MakeWav() + std::string(16, '\0'), "as its RIFF header says");
}

TEST(WavReader, RefusesSizesThatCannotBe) {
  auto file = MakeWav();
  file.replace(40, 4, LittleEndian(0xFFFFFFFF, 4));
  ExpectRefused(file, "no longer than the file");
  file = MakeWav();
  file.replace(4, 4, LittleEndian(0xFFFFFFFF, 4));
  ExpectRefused(file, "size in the RIFF header");
  file = MakeWav();
  file.replace(4, 4, LittleEndian(0, 4));
  ExpectRefused(file, "no longer than the file");
}

TEST(WavReader, RefusesFormatsThatNobodyCouldPlay) {
  const auto with = [](const WavSample& sample) { return MakeWav(sample); };
  ExpectRefused(with({.tag = 0x31, .bits = 8}), "this is format 49");
  ExpectRefused(with({.bits = 32}), "8 or 16 bits");
  ExpectRefused(with({.tag = 7, .bits = 16}), "mu-law of 8 bits");
  ExpectRefused(with({.channels = 3}), "one or two channels");
  ExpectRefused(with({.rate = 7'999}), "8,000 to 48,000");
  ExpectRefused(with({.rate = 48'001}), "8,000 to 48,000");
  auto file = MakeWav();
  file.replace(32, 2, LittleEndian(7, 2));
  ExpectRefused(file, "block size");
  const auto format = WavChunk("fmt ", WavSample{}.Format());
  ExpectRefused(WavFile(format + format), "one format chunk");
  ExpectRefused(WavFile(WavChunk("data", "ab")), "format before the audio");
  ExpectRefused(WavFile(WavChunk("fmt ", "short")), "16 to 256 bytes");
  ExpectRefused(WavFile(format + WavChunk("data", "ab") + WavChunk("data", "ab")), "one data chunk");
}

}  // namespace
}  // namespace crosspoint::voicemail
