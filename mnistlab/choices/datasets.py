"""The data sets: ten classes of grey images, 28 by 28 pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mnistlab.choices.base import Named
from mnistlab.i18n import N_, _


@dataclass(frozen=True, kw_only=True)
class Torchvision:
    """Four idx files, which torchvision downloads: laid out as its class `name` has them.

    `md5` are the published sums of the raw files; where only those of the archives are published,
    torchvision checks these.
    """

    name: str
    md5: Mapping[str, str] = field(default_factory=dict)  # file -> MD5


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """Images that need neither file nor network: an installed package brings or makes them."""

    package: str  # that it comes with, in words
    # "module:function": () -> training images (N, 1, 28, 28) and labels, test images and labels
    load: str
    imports: tuple[str, ...]  # of `code`, besides torch's
    code: str  # of the code twin: what makes x_train, y_train, x_test and y_test
    remarks: tuple[str, ...] = ()  # the comments of `code`, marked for translation


@dataclass(frozen=True, kw_only=True)
class DatasetInfo(Named):
    """What is known of a data set before it is loaded."""

    train_count: int
    test_count: int
    # of all training pixels, in [0, 1]
    mean: float
    deviation: float
    classes: tuple[str, ...]  # label -> what it means, marked for translation
    source: Torchvision | Bundled

    @property
    def class_names(self) -> tuple[str, ...]:
        """`classes` in the language that is spoken here."""
        return tuple(map(_, self.classes))


DIGITS_COME_WITH = N_("1,797 images of 8x8, which come with scikit-learn")
DIGITS_CODE = f"""\
digits = load_digits()  # {DIGITS_COME_WITH}
small = torch.from_numpy(digits.images).float()[:, None] / digits.images.max()  # (1797, 1, 8, 8)
large = F.interpolate(small, size=(20, 20), mode="bicubic", antialias=True).clamp(0, 1)
images = F.pad(large * 255, (4, 4, 4, 4)).round().to(torch.uint8)  # (1797, 1, 28, 28)
labels = torch.from_numpy(digits.target).long()
training, test = train_test_split(range(1797), test_size=500, stratify=labels, random_state=0)
x_train, y_train, x_test, y_test = images[training], labels[training], images[test], labels[test]"""

DATASETS: dict[str, DatasetInfo] = {
    "mnist": DatasetInfo(
        label="MNIST",
        name="MNIST",
        train_count=60_000,
        test_count=10_000,
        mean=0.1307,
        deviation=0.3081,
        classes=tuple("0123456789"),
        source=Torchvision(
            name="MNIST",
            md5={
                "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
                "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
                "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
                "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
            },
        ),
    ),
    "fashion-mnist": DatasetInfo(
        label="Fashion-MNIST",
        name="Fashion-MNIST",
        train_count=60_000,
        test_count=10_000,
        mean=0.2860,
        deviation=0.3530,
        classes=(
            N_("T-shirt/top"),
            N_("Trouser"),
            N_("Pullover"),
            N_("Dress"),
            N_("Coat"),
            N_("Sandal"),
            N_("Shirt"),
            N_("Sneaker"),
            N_("Bag"),
            N_("Ankle boot"),
        ),
        source=Torchvision(name="FashionMNIST"),
    ),
    "kmnist": DatasetInfo(
        label="KMNIST",
        name="KMNIST",
        train_count=60_000,
        test_count=10_000,
        mean=0.1918,
        deviation=0.3483,
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        source=Torchvision(name="KMNIST"),
    ),
    "digits": DatasetInfo(
        label=N_("Digits (small, no download)"),
        name=N_("Digits"),
        train_count=1_297,
        test_count=500,
        mean=0.1576,
        deviation=0.2938,
        classes=tuple("0123456789"),
        source=Bundled(
            package="scikit-learn",
            load="mnistlab.data:digits",
            imports=(
                "from sklearn.datasets import load_digits",
                "from sklearn.model_selection import train_test_split",
            ),
            code=DIGITS_CODE,
            remarks=(DIGITS_COME_WITH,),
        ),
    ),
}
