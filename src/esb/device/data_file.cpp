#include "esb/device/data_file.hpp"

#include "esb/chip/errors.hpp"

namespace esb {

Status Data::read(std::size_t offset, MutBytes out) const {
    if (offset > size_ || out.size() > size_ - offset) return fail(errors::slot_bounds);
    return partitions_->read(name_, slot_, offset, out);
}

}  // namespace esb
