"""Messages about money: reserving goods, paying, orders, refunds, vouchers, receipts."""
